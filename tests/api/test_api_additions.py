"""What somebody adds to a child by hand is taken back; what webhooks and controllers add is not fought."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from admission_webhook import mutating_webhook
from kube import Namespace, Object, condition, has_reason
from operator_process import OperatorProcess
from stand_in import Kubelet, driven

pytestmark = pytest.mark.usefixtures("shared_operator")

TEMPLATE = {"spec": {"template": {"spec": {"hostNetwork": True}}}}
SIDECAR = {"name": "sidecar", "image": "evil:latest"}
ENV = {"name": "serving", "env": [{"name": "PYTHONPATH", "value": "/tmp"}]}


@pytest.fixture(scope="module")
def served(shared_namespace: Namespace, shared_operator: OperatorProcess) -> Namespace:
    """A namespace with a served ModelDeployment `churn` in it."""
    shared_namespace.apply(driven("churn", serving={"replicas": 1}))
    Kubelet(shared_namespace, "churn").serve()
    return shared_namespace


@pytest.mark.parametrize(
    ("kind", "name", "patch_type", "patch"),
    [
        ("deployment", "churn", "merge", TEMPLATE),
        ("deployment", "churn", "merge", {"spec": {"paused": True}}),
        ("deployment", "churn", "strategic", {"spec": {"template": {"spec": {"containers": [SIDECAR]}}}}),
        ("deployment", "churn", "strategic", {"spec": {"template": {"spec": {"containers": [ENV]}}}}),
        ("service", "churn", "merge", {"spec": {"type": "NodePort"}}),
        ("service", "churn", "merge", {"spec": {"selector": {"extra": "label"}}}),
        ("service", "churn", "json", [{"op": "replace", "path": "/spec/ports/0/port", "value": 81}]),
        ("networkpolicy", "churn-serving", "merge", {"spec": {"egress": [{}]}}),
        ("networkpolicy", "churn-serving", "merge", {"spec": {"ingress": [{}]}}),
    ],
)
def test_an_addition_by_hand_is_taken_back(
    served: Namespace, kind: str, name: str, patch_type: str, patch: Any
) -> None:
    before = served.get(kind, name)["spec"]
    served.kubectl("patch", kind, name, f"--type={patch_type}", "-p", json.dumps(patch))
    within(8, lambda: served.get(kind, name)["spec"] == before)
    stays_unchanged(served, kind, name)


def test_a_child_without_owner_is_adopted_again_and_others_are_repaired(served: Namespace) -> None:
    served.kubectl("patch", "deployment", "churn", "--type=merge", "-p", '{"metadata":{"ownerReferences":null}}')
    served.kubectl("delete", "service", "churn")
    within(8, lambda: served.exists("service", "churn"))
    within(8, lambda: bool(served.get("deployment", "churn")["metadata"].get("ownerReferences")))
    assert not condition(served.get("md", "churn"), "Stalled")


def test_a_refused_resize_can_be_taken_back_and_stops_no_repair(served: Namespace) -> None:
    """The claim has no volume here, and its class cannot expand."""
    size = {"spec": {"storage": {"size": "2Gi"}}}
    served.kubectl("patch", "md", "churn", "--type=merge", "-p", json.dumps(size))
    refused = served.wait("md", "churn", has_reason("Stalled", "Refused"), seconds=10)
    assert "PersistentVolumeClaim/churn" in condition(refused, "Stalled")["message"]
    served.kubectl("delete", "service", "churn")
    within(8, lambda: served.exists("service", "churn"))
    served.kubectl("patch", "md", "churn", "--type=merge", "-p", '{"spec":{"storage":{"size":"1Gi"}}}')
    served.wait("md", "churn", lambda md: not condition(md, "Stalled"), seconds=10)


def test_a_webhook_that_sets_fields_is_not_fought(served: Namespace) -> None:
    """It sets a field of each Deployment that is written, by whomever."""
    with mutating_webhook(served.name, "apps", "deployments", add_toleration) as calls:
        served.kubectl("patch", "deployment", "churn", "--type=merge", "-p", '{"spec":{"paused":true}}')
        within(8, lambda: not served.get("deployment", "churn")["spec"].get("paused"))
        stays_unchanged(served, "deployment", "churn")
        assert served.get("deployment", "churn")["spec"]["template"]["spec"]["tolerations"]
        assert 2 <= len(calls) <= 6


def add_toleration(deployment: Object) -> list[Object]:
    if deployment["spec"]["template"]["spec"].get("tolerations"):
        return []
    path = "/spec/template/spec/tolerations"
    return [{"op": "add", "path": path, "value": [{"key": "spot", "operator": "Exists"}]}]


def stays_unchanged(namespace: Namespace, kind: str, name: str) -> None:
    """Nobody writes to the object any more."""

    def version() -> str:
        return str(namespace.get(kind, name)["metadata"]["resourceVersion"])

    time.sleep(1.5)
    before = version()
    time.sleep(1.5)
    assert version() == before


def within(seconds: float, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)
