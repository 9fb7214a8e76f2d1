"""Autoscaler, disruption budget and network policies of the scoring pods."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops.config.resource import AutoscalingSection, PipelineSection, ServingSection
from easy_mlops_operator.builders import (
    Claim,
    Parent,
    Served,
    build_autoscaler,
    build_budget,
    build_deployment,
    build_policies,
    build_pruner,
    pruned_by,
)
from pod_standards import problems_with

PARENT = Parent("churn", "shop", "u-1")
CLAIM = Claim("churn", "claim-uid", shared=False)
SERVING, JOBS = build_policies(PARENT, 9000)
PRUNER = build_pruner(
    PARENT, ["models/d_1=abc"], pipeline=PipelineSection(), claim=CLAIM, image="runtime:1", pull_policy="Never"
)


def pod_labels() -> dict[str, str]:
    served = Served("churn-1", "models/d_1", "a" * 64, "runtime:1", "Never")
    made = build_deployment(PARENT, served, serving=ServingSection(), log_predictions=True, claim=CLAIM)
    labels: dict[str, str] = made["spec"]["template"]["metadata"]["labels"]
    return labels


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """As the API server would judge."""
    listed = all(labels.get(rule["key"]) in rule["values"] for rule in selector.get("matchExpressions", []))
    return listed and selector.get("matchLabels", {}).items() <= labels.items()


def test_the_autoscaler_scales_the_deployment_by_cpu() -> None:
    raw = {"minReplicas": 2, "maxReplicas": 6, "targetCPUUtilizationPercentage": 60}
    spec = build_autoscaler(PARENT, AutoscalingSection.parse(raw))["spec"]
    target = {"type": "Utilization", "averageUtilization": 60}
    assert spec == {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "churn"},
        "minReplicas": 2,
        "maxReplicas": 6,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }


def test_pods_are_evicted_one_by_one_and_broken_ones_are_in_nobodys_way() -> None:
    spec = build_budget(PARENT)["spec"]
    assert (spec["maxUnavailable"], spec["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")
    assert selects(spec["selector"], pod_labels())


def test_scoring_pods_are_reached_on_their_port_only_and_reach_nothing() -> None:
    assert SERVING["metadata"]["name"] == "churn-serving"
    assert selects(SERVING["spec"]["podSelector"], pod_labels())
    assert SERVING["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert SERVING["spec"]["ingress"] == [{"ports": [{"protocol": "TCP", "port": 9000}]}]
    assert "egress" not in SERVING["spec"]


def test_pods_of_jobs_neither_reach_anything_nor_are_reached() -> None:
    assert JOBS["metadata"]["name"] == "churn-pipeline"
    assert JOBS["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & set(JOBS["spec"])
    for component in ("pipeline", "pruning"):
        assert selects(JOBS["spec"]["podSelector"], {**pod_labels(), "app.kubernetes.io/component": component})
    assert not selects(JOBS["spec"]["podSelector"], pod_labels())


def test_the_pruning_pod_meets_the_restricted_standard() -> None:
    assert problems_with(PRUNER["spec"]["template"]["spec"]) == []


def test_the_pruning_job_has_arguments_for_what_to_remove_that_can_be_read_back() -> None:
    (container,) = PRUNER["spec"]["template"]["spec"]["containers"]
    assert container["command"] + container["args"] == [
        *("make-mlops-easy", "prune", "--volume", "/volume", "models/d_1=abc")
    ]
    assert pruned_by(PRUNER) == {"models/d_1=abc"}


def test_the_pruning_job_ends_by_itself_and_goes_by_itself() -> None:
    assert PRUNER["spec"]["activeDeadlineSeconds"] <= 600
    assert PRUNER["spec"]["ttlSecondsAfterFinished"] > 0
    assert PipelineSection().backoff_limit >= PRUNER["spec"]["backoffLimit"]


@pytest.mark.parametrize(
    "made", [SERVING, JOBS, PRUNER, build_budget(PARENT), build_autoscaler(PARENT, AutoscalingSection(max_replicas=2))]
)
def test_all_belong_to_the_resource(made: dict[str, Any]) -> None:
    owner = made["metadata"]["ownerReferences"][0]
    assert (owner["uid"], owner["controller"], owner["blockOwnerDeletion"]) == ("u-1", True, True)
