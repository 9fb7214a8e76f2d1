"""Flux's health checks of the examples, run by a CEL interpreter on statuses that the operator writes."""

from __future__ import annotations

import pytest
from flux import example, judge
from kstatus import compute
from situations import SITUATIONS

[EXPRESSIONS] = example("within-thresholds")["spec"]["healthCheckExprs"]
OTHER_THAN_KSTATUS = {"rule_firing": "Failed"}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_expressions_differ_from_kstatus_by_the_thresholds_only(situation: str) -> None:
    resource = SITUATIONS[situation]().resource
    assert judge(EXPRESSIONS, resource) == OTHER_THAN_KSTATUS.get(situation, compute(resource))


def test_a_model_without_data_for_its_rules_is_in_progress() -> None:
    resource = SITUATIONS["healthy"]().resource
    for condition in resource["status"]["conditions"]:
        if condition["type"] == "ThresholdsMet":
            condition |= {"status": "Unknown", "reason": "NoData"}
    assert compute(resource) == "Current"
    assert judge(EXPRESSIONS, resource) == "InProgress"


@pytest.mark.parametrize("name", ["answers", "within-thresholds"])
def test_the_examples_check_model_deployments_of_the_source(name: str) -> None:
    spec, source = example(name)["spec"], example("source")
    checks = [*spec.get("healthChecks", []), *spec.get("healthCheckExprs", [])]
    assert {(item["apiVersion"], item["kind"]) for item in checks} == {("easymlops.dev/v1alpha1", "ModelDeployment")}
    assert spec["sourceRef"] == {"kind": source["kind"], "name": source["metadata"]["name"]}
