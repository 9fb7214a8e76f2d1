"""Drills with the installed operator, real nodes and real pods."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from kube import Namespace, kubectl


@pytest.fixture(scope="module")
def namespace(request: pytest.FixtureRequest) -> Iterator[Namespace]:
    """The module's own, with the restricted pod security standard enforced; gone afterwards."""
    name = f"chaos-{random.randrange(16**6):06x}"
    kubectl("create", "namespace", name)
    kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    yield Namespace(name)
    kubectl("delete", "namespace", name, "--wait=false")
