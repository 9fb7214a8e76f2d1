"""Deleting a resource deletes its children; the claim only if it is not retained."""

from __future__ import annotations

import pytest
from kube import Namespace, is_settled
from stand_in import Kubelet, driven

pytestmark = pytest.mark.usefixtures("shared_operator")


@pytest.fixture
def namespace(shared_namespace: Namespace) -> Namespace:
    """One for the whole module, with one operator; each test has a resource of its own name."""
    return shared_namespace


def children(namespace: Namespace, name: str) -> set[str]:
    selector = f"easymlops.dev/modeldeployment={name}"
    kinds = ("deployment", "service", "job", "configmap", "pvc")
    return {kind for kind in kinds if namespace.list(kind, selector)}


def wait_gone(namespace: Namespace, name: str, *kinds: str) -> None:
    for kind in kinds:
        selector = f"easymlops.dev/modeldeployment={name}"
        namespace.kubectl("wait", "--for=delete", kind, "-l", selector, "--timeout=60s")


@pytest.mark.parametrize("retain", [True, False])
def test_children_are_deleted_with_their_resource(namespace: Namespace, name: str, retain: bool) -> None:
    namespace.apply(driven(name, storage={"retain": retain}))
    Kubelet(namespace, name).serve()
    assert children(namespace, name) == {"deployment", "service", "job", "configmap", "pvc"}
    namespace.kubectl("delete", "md", name)
    wait_gone(namespace, name, "deployment", "service", "job", "configmap", "pods")
    if not retain:
        wait_gone(namespace, name, "pvc")
    assert children(namespace, name) == ({"pvc"} if retain else set())


def test_a_recreated_resource_takes_over_the_retained_claim(namespace: Namespace, name: str) -> None:
    namespace.apply(driven(name))
    kubelet = Kubelet(namespace, name)
    first = kubelet.serve()
    before = namespace.get("pvc", name)["metadata"]["uid"]
    namespace.kubectl("delete", "md", name)
    wait_gone(namespace, name, "deployment", "job", "pods")
    namespace.apply(driven(name))
    second = kubelet.serve()
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    assert namespace.get("pvc", name)["metadata"]["uid"] == before


def test_a_resource_recreated_immediately_waits_for_the_children_of_the_old_one(
    namespace: Namespace, name: str
) -> None:
    namespace.apply(driven(name))
    kubelet = Kubelet(namespace, name)
    kubelet.serve()
    old = tuple(pod["metadata"]["name"] for pod in namespace.list("pods", f"easymlops.dev/modeldeployment={name}"))
    namespace.kubectl("delete", "md", name)
    namespace.apply(driven(name))
    kubelet.serve(without=old)


def test_a_foreground_deletion_is_not_fought(namespace: Namespace, name: str) -> None:
    namespace.apply(driven(name))
    Kubelet(namespace, name).serve()
    namespace.kubectl("delete", "md", name, "--cascade=foreground", "--timeout=60s")
    assert not namespace.exists("md", name)
    namespace.apply(driven(name))
    namespace.wait("md", name, lambda o: not is_settled(o), seconds=10)
