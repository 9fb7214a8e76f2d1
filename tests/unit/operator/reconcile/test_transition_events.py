"""Events tell transitions, once, and warn only where something is wrong."""

from __future__ import annotations

from easy_mlops_operator.reconcile import Event, Source
from model_cluster import ModelCluster, model_deployment


def events(cluster: ModelCluster) -> list[Event]:
    return [event for plan in cluster.plans for event in plan.events]


def reasons(cluster: ModelCluster) -> list[tuple[str, str]]:
    return [(event.type, event.reason) for event in events(cluster)]


def test_the_way_to_serving_is_reported_step_by_step() -> None:
    cluster = ModelCluster()
    cluster.train()
    assert reasons(cluster) == [
        ("Normal", "Running"),
        ("Normal", "Completed"),
        ("Normal", "Loaded"),
        ("Normal", "Serving"),
    ]


def test_nothing_is_reported_twice() -> None:
    cluster = ModelCluster()
    cluster.train()
    before = len(events(cluster))
    for _ in range(3):
        cluster.tick(seconds=600)
    assert len(events(cluster)) == before


def test_a_failure_is_one_warning_with_its_message() -> None:
    cluster = ModelCluster()
    cluster.settle()
    cluster.fail(location="train", message="no")
    cluster.settle()
    warnings = [event for event in events(cluster) if event.type == "Warning"]
    assert [(event.reason, event.message) for event in warnings] == [
        ("StepFailed", "train: no"),
        ("PipelineFailed", "train: no"),
    ]


def test_a_bad_spec_is_a_warning() -> None:
    cluster = ModelCluster(model_deployment(deployment={"steps": ["nope"]}))
    cluster.settle()
    assert ("Warning", "UnknownStep") in reasons(cluster)


def test_waiting_for_data_is_a_warning() -> None:
    cluster = ModelCluster(model_deployment(data={"uri": "pvc://a/b"}), source=Source("missing", "none"))
    cluster.settle()
    assert reasons(cluster) == [("Warning", "DataUnavailable")]


def test_suspending_is_not_reported_as_a_problem() -> None:
    cluster = ModelCluster(model_deployment(suspend=True))
    cluster.settle()
    assert reasons(cluster) == [("Normal", "Suspended")]


def test_a_rule_that_begins_to_fire_and_one_that_stops_are_reported() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.change(observability={"metric_thresholds": {"accuracy": 0.99}})
    fired = [event for event in cluster.tick().events if event.reason == "RuleFiring"]
    assert fired == [Event("Warning", "RuleFiring", "accuracy: accuracy = 0.95 < 0.99")]
    cluster.change(observability={"metric_thresholds": {"accuracy": 0.9}})
    resolved = [event for event in cluster.tick().events if event.reason == "WithinThresholds"]
    assert [event.type for event in resolved] == ["Normal"]


def test_a_rule_that_only_informs_does_not_warn() -> None:
    rules = {"note": {"metric": "accuracy", "op": ">", "value": 0.5, "severity": "info"}}
    cluster = ModelCluster(model_deployment(observability={"rules": rules}))
    cluster.train()
    assert ("Normal", "RuleFiring") in reasons(cluster)
    assert ("Warning", "RuleFiring") not in reasons(cluster)
