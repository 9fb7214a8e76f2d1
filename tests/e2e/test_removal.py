"""Deleting a resource deletes its children, and retains the claim if and only if `storage.retain` is true."""

from __future__ import annotations

from kube import Namespace, model_deployment, ready
from namespaces import has_children


def wait_until_gone(namespace: Namespace, name: str) -> None:
    # Garbage collection leaves nothing to wait on by name, so the namespace itself is looked at.
    namespace.wait(
        "serviceaccount", "default", lambda _: not has_children(namespace, name), seconds=60, what="rid of the children"
    )


def test_the_claim_is_retained_by_default(namespace: Namespace) -> None:
    namespace.apply(model_deployment("keeper"))
    ready(namespace, "keeper")
    namespace.kubectl("delete", "md", "keeper", "--timeout=60s")
    wait_until_gone(namespace, "keeper")
    assert namespace.get("pvc", "keeper")["status"]["phase"] == "Bound"
    assert "ownerReferences" not in namespace.get("pvc", "keeper")["metadata"]


def test_a_resource_of_the_same_name_reuses_the_retained_claim(namespace: Namespace) -> None:
    uid = namespace.get("pvc", "keeper")["metadata"]["uid"]
    namespace.apply(model_deployment("keeper"))
    ready(namespace, "keeper")
    assert namespace.get("pvc", "keeper")["metadata"]["uid"] == uid


def test_the_claim_is_deleted_if_it_is_not_retained(namespace: Namespace) -> None:
    namespace.apply(model_deployment("goner", storage={"retain": False, "size": "100Mi"}))
    ready(namespace, "goner")
    namespace.kubectl("delete", "md", "goner", "--timeout=60s")
    wait_until_gone(namespace, "goner")
    namespace.wait(
        "serviceaccount", "default", lambda _: not namespace.exists("pvc", "goner"), seconds=60, what="rid of it"
    )
