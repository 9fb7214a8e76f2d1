"""Invalid specs that the schema accepts are rejected by the operator, with a message in the status."""

from __future__ import annotations

from typing import Any

import pytest
from kube import Namespace, condition, has_reason
from operator_process import OperatorProcess
from stand_in import Kubelet, driven


@pytest.mark.parametrize(
    ("spec", "reason", "says"),
    [
        ({"replicass": 3}, "UnknownField", "spec.replicass"),
        ({"observability": {"metric_treshold": {}}}, "UnknownField", "metric_threshold"),
        ({"serving": {"replcas": 2}}, "UnknownField", "replicas"),
        ({"deployment": {"output_dir": "/etc"}}, "InvalidValue", "spec.deployment.output_dir"),
        ({"deployment": {"steps": ["no_such_step"]}}, "UnknownStep", "no_such_step"),
    ],
)
def test_an_invalid_spec_creates_nothing_and_reports_why(
    shared_namespace: Namespace, shared_operator: OperatorProcess, spec: dict[str, Any], reason: str, says: str
) -> None:
    shared_namespace.apply(driven("bad", **spec))
    try:
        resource = shared_namespace.wait("md", "bad", has_reason("SpecAccepted", reason), seconds=10)
        assert says in condition(resource, "SpecAccepted")["message"]
        assert condition(resource, "Ready")["reason"] == "InvalidSpec"
        assert condition(resource, "Stalled")["status"] == "True"
        assert shared_namespace.list("jobs") == shared_namespace.list("pvc") == []
    finally:
        shared_namespace.kubectl("delete", "md", "bad")


def test_a_corrected_spec_is_reconciled(namespace: Namespace, operator: OperatorProcess) -> None:
    namespace.apply(driven("churn", replicass=3))
    namespace.wait("md", "churn", has_reason("SpecAccepted", "UnknownField"), seconds=10)
    namespace.kubectl("patch", "md", "churn", "--type=json", "-p", '[{"op": "remove", "path": "/spec/replicass"}]')
    Kubelet(namespace, "churn").serve()


def test_missing_data_is_waited_for(namespace: Namespace, operator: OperatorProcess) -> None:
    namespace.apply(driven("churn", data={"uri": "configmap://rows/data.csv"}))
    missing = namespace.wait("md", "churn", has_reason("PipelineSucceeded", "DataUnavailable"), seconds=10)
    assert "'rows' does not exist" in condition(missing, "PipelineSucceeded")["message"]
    assert condition(missing, "Reconciling")["status"] == "True"
    namespace.kubectl("create", "configmap", "rows", "--from-literal=other.csv=a")
    namespace.wait(
        "md",
        "churn",
        lambda md: "it has other.csv" in condition(md, "PipelineSucceeded")["message"],
        seconds=15,
    )
    assert namespace.list("jobs") == []
    namespace.kubectl("patch", "configmap", "rows", "--type=merge", "-p", '{"data": {"data.csv": "a,b\\n1,2\\n"}}')
    Kubelet(namespace, "churn").wait_pod("pipeline", seconds=20)
