"""The operator owns a resource's status and nothing else, and of its children exactly the fields that it sets."""

from __future__ import annotations

import json

import pytest
import yaml
from kube import Namespace, Object
from stand_in import Kubelet, driven

pytestmark = pytest.mark.usefixtures("shared_operator")


@pytest.fixture
def namespace(shared_namespace: Namespace) -> Namespace:
    """One for the whole module, with one operator; each test has a resource of its own name."""
    return shared_namespace


def fields_by_manager(namespace: Namespace, kind: str, name: str) -> dict[tuple[str, str], Object]:
    shown = json.loads(namespace.kubectl("get", kind, name, "--show-managed-fields", "-o", "json"))
    return {
        (entry["manager"], entry.get("subresource", "")): entry["fieldsV1"]
        for entry in shown["metadata"]["managedFields"]
    }


def test_the_operator_owns_the_status_and_nothing_else(namespace: Namespace, name: str) -> None:
    namespace.apply(driven(name))
    before = namespace.get("md", name)
    after = Kubelet(namespace, name).serve()
    ours = {
        entry: fields
        for entry, fields in fields_by_manager(namespace, "md", name).items()
        if entry[0].startswith("easy-mlops")
    }
    assert set(ours) == {("easy-mlops-operator-status", "status")}
    assert set(ours["easy-mlops-operator-status", "status"]) == {"f:status"}
    for part in ("annotations", "labels", "finalizers", "ownerReferences", "generation"):
        assert after["metadata"].get(part) == before["metadata"].get(part)
    assert after["spec"] == before["spec"]


def test_the_same_manifest_again_is_no_change(namespace: Namespace, name: str) -> None:
    """As a GitOps controller does it for ever: dry-run, compare, apply."""
    manifest = yaml.safe_dump(driven(name))

    def apply(command: str, *options: str) -> str:
        options = ("--server-side", "--field-manager=gitops", *options)
        return namespace.kubectl(command, *options, "-f", "-", stdin=manifest)

    def theirs() -> tuple[int, list[Object]]:
        metadata = json.loads(namespace.kubectl("get", "md", name, "--show-managed-fields", "-o", "json"))["metadata"]
        return metadata["generation"], [entry for entry in metadata["managedFields"] if entry["manager"] == "gitops"]

    apply("apply")
    Kubelet(namespace, name).serve()
    before = theirs()
    for _ in range(3):
        assert apply("diff") == ""
        apply("apply", "--dry-run=server")
        apply("apply")
        assert theirs() == before


def test_a_client_side_apply_again_is_unchanged(namespace: Namespace, name: str) -> None:
    namespace.apply(driven(name))
    Kubelet(namespace, name).serve()
    assert namespace.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(driven(name))).strip().endswith(" unchanged")


def test_children_have_our_labels_and_none_of_the_users(namespace: Namespace, name: str) -> None:
    resource = driven(name)
    resource["metadata"] |= {"labels": {"team": "fraud"}, "annotations": {"note": "secret"}}
    namespace.apply(resource)
    Kubelet(namespace, name).serve()
    made_by_us = {"job": 1, "deployment": 1, "service": 1, "pvc": 1, "configmap": 1, "networkpolicy": 2}
    for kind, count in {**made_by_us, "pod": 2}.items():
        children = [item for item in namespace.list(kind) if item["metadata"]["name"].startswith(name)]
        assert len(children) == count, kind
        for metadata in (child["metadata"] for child in children):
            assert metadata["labels"]["app.kubernetes.io/managed-by"] == "easy-mlops-operator"
            assert metadata["labels"]["easymlops.dev/modeldeployment"] == name
            assert "team" not in metadata["labels"]
            assert "note" not in metadata.get("annotations", {})
            if kind in made_by_us:
                assert ("easy-mlops-operator", "") in fields_by_manager(namespace, kind, metadata["name"])
