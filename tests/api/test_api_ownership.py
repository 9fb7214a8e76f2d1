"""Of a user's resource only the status is the operator's; of the children exactly what it sets."""

from __future__ import annotations

import json

import pytest
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


def test_children_carry_our_labels_and_none_of_the_users(namespace: Namespace, name: str) -> None:
    resource = driven(name)
    resource["metadata"] |= {"labels": {"team": "fraud"}, "annotations": {"note": "secret"}}
    namespace.apply(resource)
    Kubelet(namespace, name).serve()
    for kind in ("job", "deployment", "service", "pvc", "configmap"):
        [child] = [item for item in namespace.list(kind) if item["metadata"]["name"].startswith(name)]
        labels = child["metadata"]["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "easy-mlops-operator"
        assert labels["easymlops.dev/modeldeployment"] == name
        assert "team" not in labels
        assert "note" not in child["metadata"].get("annotations", {})
        assert ("easy-mlops-operator", "") in fields_by_manager(namespace, kind, child["metadata"]["name"])
