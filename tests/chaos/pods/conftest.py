"""Drills with the installed operator, real nodes and real pods."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kube import Namespace
from namespaces import restricted_namespace


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    """The module's own."""
    with restricted_namespace("chaos") as own:
        yield own
