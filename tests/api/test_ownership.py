"""Of a user's resource only the status is the operator's; of the children exactly what it sets."""

from __future__ import annotations

import json

from kube import Namespace, Object
from operator_process import OperatorProcess
from stand_in import Kubelet, driven


def fields_by_manager(namespace: Namespace, kind: str, name: str) -> dict[tuple[str, str], Object]:
    shown = json.loads(namespace.kubectl("get", kind, name, "--show-managed-fields", "-o", "json"))
    return {
        (entry["manager"], entry.get("subresource", "")): entry["fieldsV1"]
        for entry in shown["metadata"]["managedFields"]
    }


def test_the_operator_owns_the_status_and_nothing_else(namespace: Namespace, operator: OperatorProcess) -> None:
    namespace.apply(driven("churn"))
    before = namespace.get("md", "churn")
    after = Kubelet(namespace, "churn").serve()
    ours = {
        entry: fields
        for entry, fields in fields_by_manager(namespace, "md", "churn").items()
        if entry[0].startswith("easy-mlops")
    }
    assert set(ours) == {("easy-mlops-operator-status", "status")}
    assert set(ours["easy-mlops-operator-status", "status"]) == {"f:status"}
    for part in ("annotations", "labels", "finalizers", "ownerReferences", "generation"):
        assert after["metadata"].get(part) == before["metadata"].get(part)
    assert after["spec"] == before["spec"]


def test_children_carry_our_labels_and_none_of_the_users(namespace: Namespace, operator: OperatorProcess) -> None:
    resource = driven("churn")
    resource["metadata"] |= {"labels": {"team": "fraud"}, "annotations": {"note": "secret"}}
    namespace.apply(resource)
    Kubelet(namespace, "churn").serve()
    for kind in ("job", "deployment", "service", "pvc", "configmap"):
        [child] = [item for item in namespace.list(kind) if item["metadata"]["name"].startswith("churn")]
        labels = child["metadata"]["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "easy-mlops-operator"
        assert labels["easymlops.dev/modeldeployment"] == "churn"
        assert "team" not in labels
        assert "note" not in child["metadata"].get("annotations", {})
        assert ("easy-mlops-operator", "") in fields_by_manager(namespace, kind, child["metadata"]["name"])
