"""What others have added to a child's spec is found in its managed fields, and taken back."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from easy_mlops_operator.reconcile import Apply
from easy_mlops_operator.reconcile.children import applied
from easy_mlops_operator.reconcile.foreign_fields import FOREIGN, foreign_fields, repaired_spec

WANTED: dict[str, Any] = {
    "kind": "Deployment",
    "metadata": {"name": "churn"},
    "spec": {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"spec": {"containers": [{"name": "serving", "image": "i", "ports": [{"name": "http"}]}]}},
    },
}


def live(**spec: Any) -> dict[str, Any]:
    made = copy.deepcopy(WANTED)
    made["spec"] |= {"replicas": 1, "paused": False} | spec
    return made


def managed(manager: str, spec: dict[str, Any], **entry: Any) -> dict[str, Any]:
    return {"manager": manager, "operation": "Update", "fieldsV1": {"f:spec": spec}, **entry}


CONTAINERS = {
    "f:template": {
        "f:spec": {
            "f:hostNetwork": {},
            "f:containers": {
                'k:{"name":"serving"}': {"f:env": {".": {}, 'k:{"name":"X"}': {".": {}, "f:name": {}, "f:value": {}}}},
                'k:{"name":"sidecar"}': {".": {}, "f:name": {}, "f:image": {}},
            },
        }
    }
}
SERVING = ["template", "spec", "containers", {"name": "serving"}]


def test_paths_are_those_of_other_managers() -> None:
    fields = [managed("easy-mlops-operator", {"f:paused": {}}), managed("kubectl-patch", CONTAINERS)]
    found = foreign_fields({"metadata": {"managedFields": fields}})
    assert ["template", "spec", "hostNetwork"] in found
    assert ["template", "spec", "containers", {"name": "sidecar"}] in found
    assert [*SERVING, "env", {"name": "X"}] in found
    assert ["paused"] not in found


@pytest.mark.parametrize(
    "entry",
    [
        managed("kubectl", {"f:replicas": {}}),
        managed("kubectl", {"f:paused": {}}, subresource="scale"),
        managed("kube-controller-manager", {"f:paused": {}}),
        managed("easy-mlops-operator-repair", {"f:paused": {}}),
        managed("kubectl-rollout", {"f:template": {"f:metadata": {"f:annotations": {"f:restartedAt": {}}}}}),
        {"manager": "kubectl", "fieldsV1": {"f:metadata": {"f:labels": {"f:team": {}}}}},
    ],
)
def test_what_others_may_set_is_not_foreign(entry: dict[str, Any]) -> None:
    assert foreign_fields({"metadata": {"managedFields": [entry]}}) == []


def test_additions_are_taken_back_and_defaults_stay() -> None:
    container = {"name": "serving", "image": "i", "ports": [{"name": "http", "protocol": "TCP"}], "tty": False}
    changed = live(
        template={
            "spec": {
                "hostNetwork": True,
                "dnsPolicy": "ClusterFirst",
                "containers": [{**container, "env": [{"name": "X", "value": "1"}]}, {"name": "sidecar", "image": "s"}],
            }
        }
    )
    changed["metadata"][FOREIGN] = foreign_fields({"metadata": {"managedFields": [managed("kubectl", CONTAINERS)]}})
    assert (
        repaired_spec(changed, WANTED)
        == live(template={"spec": {"dnsPolicy": "ClusterFirst", "containers": [container]}})["spec"]
    )
    [action] = applied({**WANTED, "metadata": {"name": "churn", "annotations": {}}}, changed)
    assert isinstance(action, Apply)
    assert action.repaired_spec == repaired_spec(changed, WANTED)


def test_a_value_that_others_set_to_what_we_want_is_left() -> None:
    same = live()
    same["metadata"][FOREIGN] = [[*SERVING, "image"], ["template", "spec", "containers", {"name": "gone"}]]
    assert repaired_spec(same, WANTED) is None


def test_a_changed_port_of_a_service_is_replaced() -> None:
    wanted = {"kind": "Service", "spec": {"selector": {"a": "b"}, "ports": [{"name": "http", "port": 8080}]}}
    changed = {
        "metadata": {FOREIGN: [["ports", {"port": 81, "protocol": "TCP"}], ["type"], ["selector"]]},
        "spec": {
            "type": "NodePort",
            "clusterIP": "10.0.0.1",
            "selector": {"a": "b", "extra": "label"},
            "ports": [{"name": "http", "port": 81, "protocol": "TCP", "nodePort": 30000}],
        },
    }
    assert repaired_spec(changed, wanted) == {
        "clusterIP": "10.0.0.1",
        "selector": {"a": "b"},
        "ports": [{"name": "http", "port": 8080}],
    }
