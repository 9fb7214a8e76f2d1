"""Evaluations of the active revision in status: when they change, and when they are left as they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from easy_mlops.monitoring.summary import Summary, Window
from easy_mlops_operator.api.times import rfc3339
from model_cluster import DIGEST, ModelCluster, Pass, model_deployment
from situations import SITUATIONS
from summaries import summary

RULES = {
    "error_rate": {"op": ">", "value": 0.1, "severity": "critical"},
    "p95_latency_ms": {"op": ">", "value": 250},
    "accuracy_floor": {"metric": "accuracy", "op": "<", "value": 0.9},
}


def serving(**observability: Any) -> ModelCluster:
    cluster = ModelCluster(model_deployment(observability=observability or {"rules": RULES}))
    cluster.train()
    return cluster


def collect(cluster: ModelCluster, digest: str = DIGEST, **counts: Any) -> Pass:
    """Pods have reported their metrics, and a pass follows."""
    cluster.summary, cluster.summary_at = summary(digest, **counts), cluster.now
    return cluster.tick()


def states(cluster: ModelCluster) -> dict[str, str]:
    return {item["name"]: item["state"] for item in cluster.status["evaluations"]}


def test_before_anything_serves_nothing_is_judged() -> None:
    cluster = ModelCluster()
    cluster.settle()
    cluster.succeed()
    cluster.tick()
    assert "evaluations" not in cluster.status
    assert (cluster.condition("ThresholdsMet")["status"], cluster.condition("ThresholdsMet")["reason"]) == (
        "Unknown",
        "NoData",
    )


def test_held_out_rules_are_judged_as_soon_as_a_revision_serves() -> None:
    cluster = serving()
    assert states(cluster) == {"accuracy_floor": "OK", "error_rate": "NoData", "p95_latency_ms": "NoData"}
    assert cluster.condition("ThresholdsMet")["status"] == "True"
    assert "no data for error_rate, p95_latency_ms" in cluster.condition("ThresholdsMet")["message"]
    assert cluster.status["observability"]["thresholds"] == "2 no data of 3"


def test_live_rules_follow_the_figures() -> None:
    cluster = serving()
    collect(cluster, requests=100, errors=1, latencies=[20] * 100)
    assert states(cluster) == {"accuracy_floor": "OK", "error_rate": "OK", "p95_latency_ms": "OK"}
    collect(cluster, requests=100, errors=50, latencies=[20] * 100)
    assert states(cluster)["error_rate"] == "Firing"
    observability = cluster.status["observability"]
    assert (observability["health"], observability["thresholds"], observability["firing"]) == (
        "Critical",
        "1 firing of 3",
        "error_rate",
    )
    assert cluster.condition("ThresholdsMet")["reason"] == "RuleFiring"
    assert cluster.condition("Ready")["status"] == "True"


def test_figures_that_move_a_little_are_not_written() -> None:
    cluster = serving()
    collect(cluster, requests=100, errors=1, latencies=[20] * 100)
    for number in range(30):
        assert collect(cluster, requests=100 + number, errors=2, latencies=[30] * 100).status is None


def test_figures_that_moved_are_written_after_five_minutes() -> None:
    cluster = serving()
    collect(cluster, requests=100, errors=1, latencies=[20] * 100)
    cluster.now += timedelta(minutes=6)
    assert collect(cluster, requests=100, errors=2, latencies=[20] * 100).status is not None
    assert cluster.evaluation("error_rate")["value"] == "0.02"
    cluster.now += timedelta(minutes=6)
    assert collect(cluster, requests=100, errors=2, latencies=[20] * 100) == Pass()


def test_a_status_written_for_another_reason_does_not_update_values() -> None:
    cluster = serving()
    collect(cluster, requests=100, errors=1, latencies=[20] * 100)
    before = cluster.status["evaluations"]
    cluster.summary = summary(DIGEST, requests=100, errors=2, latencies=[20] * 100)
    cluster.summary_at = cluster.now
    cluster.change(serving={"replicas": 2})
    cluster.settle()
    assert cluster.status["evaluations"] == before


def test_a_restarted_operator_changes_no_verdict() -> None:
    cluster = serving()
    collect(cluster, requests=100, errors=50, latencies=[20] * 100)
    cluster.summary = cluster.summary_at = None
    assert cluster.tick(seconds=3600) == Pass()


def test_pods_that_have_just_failed_to_answer_change_no_verdict() -> None:
    cluster = serving()
    collect(cluster, requests=100, errors=1, latencies=[20] * 100)
    cluster.summary, cluster.summary_at = None, cluster.now
    assert cluster.tick(seconds=30) == Pass()


@pytest.mark.parametrize("summary_there", [True, False])
def test_figures_that_are_too_old_are_no_data(summary_there: bool) -> None:
    cluster = serving()
    collect(cluster, requests=100, errors=1, latencies=[20] * 100)
    if not summary_there:
        cluster.summary = None
    cluster.tick(seconds=61)
    assert states(cluster) == {"accuracy_floor": "OK", "error_rate": "NoData", "p95_latency_ms": "NoData"}
    assert cluster.evaluation("error_rate")["reason"] == "NoAnswer"
    assert cluster.tick(seconds=600) == Pass()


def test_without_a_ready_pod_there_are_no_live_figures() -> None:
    cluster = serving()
    collect(cluster, requests=100, errors=1, latencies=[20] * 100)
    for pod in cluster.scoring_pods():
        pod["status"] = {"phase": "Running"}
    cluster.tick()
    assert states(cluster)["error_rate"] == "NoData"


def test_figures_of_another_revision_are_not_judged() -> None:
    cluster = serving()
    collect(cluster, requests=100, errors=1, latencies=[20] * 100)
    collect(cluster, digest="f" * 64, requests=100, errors=100)
    assert states(cluster)["error_rate"] == "OK"


def test_a_new_limit_is_judged_at_once() -> None:
    cluster = serving()
    cluster.change(observability={"rules": {"accuracy_floor": {"metric": "accuracy", "op": "<", "value": 0.99}}})
    cluster.tick()
    assert states(cluster) == {"accuracy_floor": "Firing"}


def test_another_revision_is_judged_on_its_own_metrics() -> None:
    cluster = serving()
    cluster.change(training={"cv_folds": 3})
    cluster.settle()
    assert states(cluster)["accuracy_floor"] == "OK"
    cluster.succeed(metrics={"accuracy": 0.5}, digest="b" * 64)
    cluster.settle()
    assert states(cluster)["accuracy_floor"] == "Firing"
    assert cluster.evaluation("accuracy_floor")["value"] == "0.5"


def test_health_remembers_since_when() -> None:
    cluster = serving()
    since = cluster.status["observability"]["since"]
    collect(cluster, requests=100, errors=1, latencies=[20] * 100)
    assert cluster.status["observability"]["since"] == since
    collect(cluster, requests=100, errors=50, latencies=[20] * 100)
    assert cluster.status["observability"]["since"] != since


def test_summaries_that_fail_the_evaluation_do_not_fail_the_pass() -> None:
    cluster = serving()
    before = cluster.status["evaluations"]
    broken: Any = {"5m": Window(requests=1, errors="many")}  # type: ignore[arg-type]
    cluster.summary, cluster.summary_at = Summary(DIGEST, "1", broken), cluster.now
    cluster.tick()
    assert cluster.condition("ThresholdsMet")["reason"] == "EvaluationError"
    assert cluster.condition("ThresholdsMet")["status"] == "Unknown"
    assert cluster.condition("Ready")["status"] == "True"
    assert cluster.status["evaluations"] == before


def test_that_predictions_are_not_logged_is_said_only_if_the_spec_says_so() -> None:
    cluster = serving()
    collect(cluster, requests=5, errors=5)
    assert not cluster.condition("PredictionLogging")
    cluster.change(observability={"log_predictions": False})
    collect(cluster, requests=5)
    assert cluster.condition("PredictionLogging")["reason"] == "Disabled"


@pytest.mark.parametrize(
    ("counts", "status", "reason"),
    [
        ({"requests": 5, "logged": 5}, "True", "Persistent"),
        ({"requests": 5, "logged": 4, "dropped": 1}, "False", "Dropping"),
    ],
)
def test_whether_predictions_are_logged_is_read_from_the_pods_counters(
    counts: dict[str, Any], status: str, reason: str
) -> None:
    cluster = serving()
    assert not cluster.condition("PredictionLogging")
    collect(cluster, **counts)
    reported = cluster.condition("PredictionLogging")
    assert (reported["status"], reported["reason"]) == (status, reason)
    collect(cluster)
    assert cluster.condition("PredictionLogging") == reported


RULE = {"rules": {"errors": {"metric": "error_rate", "op": ">", "value": 0.1, "min_samples": 5}}}


def test_a_rule_that_fires_goes_on_firing_when_its_pod_is_gone() -> None:
    cluster = serving(**RULE)
    collect(cluster, requests=10, errors=5)
    since = cluster.evaluation("errors")["since"]
    collect(cluster)  # a new pod, which nobody has asked yet
    held = cluster.evaluation("errors")
    assert (held["state"], held["value"], held["since"]) == ("Firing", "0.5", since)
    assert held["reason"] == "TooFewSamples"
    assert "> 0.1" in held["message"]
    assert "; no data since: error_rate: too few samples" in held["message"]
    assert cluster.condition("ThresholdsMet")["reason"] == "RuleFiring"
    collect(cluster, requests=2)
    assert cluster.evaluation("errors")["message"].count("no data since") == 1
    collect(cluster, requests=100)
    assert cluster.evaluation("errors")["state"] == "OK"


def test_a_rule_that_fired_about_another_revision_is_not_held() -> None:
    cluster = serving(**RULE)
    collect(cluster, requests=10, errors=5)
    cluster.summary = cluster.summary_at = None
    cluster.change(training={"cv_folds": 3})
    cluster.settle()
    cluster.succeed(digest="b" * 64)
    cluster.settle()
    cluster.summary, cluster.summary_at = summary("b" * 64), cluster.now
    cluster.tick()
    assert cluster.evaluation("errors")["state"] == "NoData"


def test_each_value_has_the_time_at_which_it_was_collected() -> None:
    cluster = serving(**RULE)
    collect(cluster, requests=10)
    assert cluster.summary_at is not None
    assert cluster.evaluation("errors")["observedAt"] == rfc3339(cluster.summary_at)
    before = cluster.status
    collect(cluster, requests=11)
    assert cluster.status == before, "the status is written on transitions and every few minutes only"


def test_latest_evaluations_differ_from_status_between_two_writes() -> None:
    cluster = serving(**RULE)
    collect(cluster, requests=100, errors=50)
    collect(cluster, requests=100, errors=90)
    assert cluster.evaluation("errors")["value"] == "0.5"
    latest = {item.name: item.value for item in cluster.plans[-1].latest}
    assert latest["errors"] == "0.9"


@pytest.mark.parametrize(
    ("situation", "health", "thresholds_met"),
    [
        ("healthy", "Healthy", "True"),
        ("scaled_to_zero", "", "Unknown"),
        ("pods_lost", "Unknown", "Unknown"),
        ("failed_update", "Warning", "True"),
        ("bad_spec", "Healthy", "True"),
        ("rule_firing", "Warning", "False"),
    ],
)
def test_only_what_serves_and_needs_no_help_is_healthy(situation: str, health: str, thresholds_met: str) -> None:
    cluster = SITUATIONS[situation]()
    assert cluster.status.get("observability", {}).get("health", "") == health
    assert cluster.condition("ThresholdsMet")["status"] == thresholds_met
