"""The table of situations in the API's design, read as `kubectl`, Argo CD and Flux read it (kstatus)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from easy_mlops_operator.reconcile import Source
from model_cluster import ModelCluster, model_deployment


def kstatus(cluster: ModelCluster) -> str:
    """sigs.k8s.io/cli-utils/pkg/kstatus: observedGeneration, Reconciling, Stalled, then Ready."""
    if cluster.status["observedGeneration"] != cluster.resource["metadata"]["generation"]:
        return "InProgress"
    if cluster.condition("Reconciling").get("status") == "True":
        return "InProgress"
    if cluster.condition("Stalled").get("status") == "True":
        return "Failed"
    return "Current" if cluster.condition("Ready").get("status") == "True" else "InProgress"


def just_applied() -> ModelCluster:
    return ModelCluster()


def working() -> ModelCluster:
    cluster = ModelCluster()
    cluster.settle()
    return cluster


def healthy() -> ModelCluster:
    cluster = ModelCluster()
    cluster.train()
    return cluster


def updating() -> ModelCluster:
    cluster = healthy()
    cluster.change(training={"cv_folds": 3})
    cluster.settle()
    return cluster


def bad_spec() -> ModelCluster:
    cluster = healthy()
    cluster.change(deployment={"steps": ["nope"]})
    cluster.settle()
    return cluster


def failed() -> ModelCluster:
    cluster = working()
    cluster.fail()
    cluster.settle()
    return cluster


def failed_update() -> ModelCluster:
    cluster = updating()
    cluster.fail()
    cluster.settle()
    return cluster


def waiting_for_data() -> ModelCluster:
    cluster = ModelCluster(model_deployment(data={"uri": "pvc://a/b"}), source=Source("missing", "none"))
    cluster.settle()
    return cluster


def rule_firing() -> ModelCluster:
    cluster = ModelCluster()
    cluster.train(metrics={"accuracy": 0.1})
    return cluster


def suspended_while_serving() -> ModelCluster:
    cluster = healthy()
    cluster.change(suspend=True)
    cluster.settle()
    return cluster


@pytest.mark.parametrize(
    ("situation", "ready", "reconciling", "stalled", "read_as"),
    [
        (just_applied, "", "", "", "InProgress"),
        (working, "False", "True", "", "InProgress"),
        (healthy, "True", "", "", "Current"),
        (updating, "True", "True", "", "InProgress"),
        (bad_spec, "False", "", "True", "Failed"),
        (failed, "False", "", "True", "Failed"),
        (failed_update, "False", "", "True", "Failed"),
        (waiting_for_data, "False", "True", "", "InProgress"),
        (rule_firing, "True", "", "", "Current"),
        (suspended_while_serving, "True", "", "", "Current"),
    ],
)
def test_situations(
    situation: Callable[[], ModelCluster], ready: str, reconciling: str, stalled: str, read_as: str
) -> None:
    cluster = situation()
    found = [cluster.condition(type_).get("status", "") for type_ in ("Ready", "Reconciling", "Stalled")]
    assert found == [ready, reconciling, stalled]
    assert kstatus(cluster) == read_as


def test_an_untouched_resource_has_seen_no_generation() -> None:
    assert just_applied().status["observedGeneration"] == -1


def test_each_condition_says_which_spec_it_is_about() -> None:
    cluster = updating()
    assert cluster.status["observedGeneration"] == 2
    assert {c["observedGeneration"] for c in cluster.status["conditions"]} == {2}


def test_what_is_kept_of_an_earlier_spec_says_so() -> None:
    cluster = bad_spec()
    assert cluster.condition("SpecAccepted")["observedGeneration"] == 2
    assert cluster.condition("PipelineSucceeded")["observedGeneration"] == 1


def test_a_firing_rule_is_no_part_of_ready() -> None:
    cluster = rule_firing()
    assert cluster.condition("ThresholdsMet")["status"] == "False"
    assert cluster.condition("Ready")["status"] == "True"
