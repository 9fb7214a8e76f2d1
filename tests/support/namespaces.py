"""Namespaces of tests, and what is left in them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from kube import Namespace, kubectl

CHILDREN = ("jobs", "deployments", "services", "configmaps", "pods", "networkpolicies")


@contextmanager
def new_namespace(area: str) -> Iterator[Namespace]:
    """A namespace that is removed afterwards."""
    name = f"{area[:34]}-{random.randrange(16**6):06x}"
    kubectl("create", "namespace", name)
    try:
        yield Namespace(name)
    finally:
        kubectl("delete", "namespace", name, "--wait=false")


@contextmanager
def restricted_namespace(area: str) -> Iterator[Namespace]:
    """For tests with real pods: a namespace with the restricted pod security standard enforced."""
    with new_namespace(area) as namespace:
        kubectl("label", "namespace", namespace.name, "pod-security.kubernetes.io/enforce=restricted")
        yield namespace


def has_children(namespace: Namespace, name: str) -> bool:
    """Whether anything of a ModelDeployment is left, its claim not counted."""
    return any(namespace.list(kind, f"easymlops.dev/modeldeployment={name}") for kind in CHILDREN)
