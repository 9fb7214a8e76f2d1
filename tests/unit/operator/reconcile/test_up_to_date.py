"""`UpToDate`: whether the present generation is what serves."""

from __future__ import annotations

from typing import Any

import pytest
from model_cluster import DIGEST, ModelCluster
from situations import SITUATIONS
from summaries import summary

ROWS = [
    ("just_applied", "", "", ""),
    ("working", "False", "Training", "Training"),
    ("healthy", "True", "RolledOut", "Serving"),
    ("updating", "False", "Training", "Training"),
    ("bad_spec", "False", "Failed", "Failed"),
    ("failed", "False", "Failed", "Failed"),
    ("failed_update", "False", "Failed", "Failed"),
    ("waiting_for_data", "False", "Waiting", "Waiting"),
    ("name_taken", "False", "Failed", "Failed"),
    ("refused", "False", "Failed", "Failed"),
    ("pods_lost", "False", "RollingOut", "RollingOut"),
    ("rule_firing", "True", "RolledOut", "Serving"),
    ("scaled_to_zero", "True", "RolledOut", "Idle"),
    ("suspended", "False", "Held", "Suspended"),
    ("suspended_while_serving", "False", "Held", "Suspended"),
    ("falling_back", "False", "Failed", "Failed"),
    ("fixed_while_falling_back", "False", "Training", "Training"),
]


@pytest.mark.parametrize(("situation", "status", "reason", "phase"), ROWS, ids=[row[0] for row in ROWS])
def test_situations(situation: str, status: str, reason: str, phase: str) -> None:
    cluster = SITUATIONS[situation]()
    condition = cluster.condition("UpToDate")
    assert (condition.get("status", ""), condition.get("reason", "")) == (status, reason)
    assert cluster.status.get("phase", "") == phase


def test_an_edit_makes_it_false_in_the_write_that_observes_the_generation() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.change(training={"cv_folds": 3})
    written = cluster.tick().status
    assert written is not None
    assert written["observedGeneration"] == 2
    condition = cluster.condition("UpToDate")
    assert (condition["status"], condition["observedGeneration"]) == ("False", 2)
    cluster.train()
    assert cluster.condition("UpToDate")["status"] == "True"


def test_an_edit_that_needs_no_pods_is_rolled_out_at_once() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.change(observability={"alert_threshold": 0.5})
    cluster.tick()
    condition = cluster.condition("UpToDate")
    assert (condition["status"], condition["observedGeneration"]) == ("True", 2)


def test_a_number_of_pods_that_the_user_asked_for_is_waited_for() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.change(serving={"replicas": 2})
    cluster.tick()
    assert cluster.condition("UpToDate")["reason"] == "RollingOut"
    cluster.settle()
    assert cluster.condition("UpToDate")["reason"] == "RolledOut"


def test_a_pod_that_an_autoscaler_adds_changes_nothing() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.scale(2)
    cluster.roll_out(ready=False)
    cluster.tick()
    assert cluster.condition("Reconciling")["message"].startswith("1 of 2 pods serve")
    assert cluster.condition("UpToDate")["status"] == "True"
    assert cluster.status["serving"]["ready"] == "1/2"


def test_model_loaded_and_pipeline_succeeded_are_about_the_target() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.change(training={"cv_folds": 3})
    cluster.settle()
    target = cluster.status["targetRevision"]
    assert cluster.status["activeRevision"] != target
    loaded = cluster.condition("ModelLoaded")
    assert (loaded["status"], loaded["message"]) == ("Unknown", f"{target} is not trained yet")
    assert cluster.condition("PipelineSucceeded")["reason"] == "Running"
    assert cluster.condition("Ready")["status"] == "True"


def test_a_suspended_new_spec_claims_nothing_of_a_target_that_never_ran() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.change(training={"cv_folds": 3}, suspend=True)
    cluster.settle()
    for type_ in ("PipelineSucceeded", "ModelLoaded"):
        condition = cluster.condition(type_)
        assert (condition["status"], condition["reason"]) == ("Unknown", "Suspended")
        assert f"{cluster.status['targetRevision']} is not trained yet" in condition["message"]


def test_a_conflict_with_another_child_does_not_make_a_finished_run_unfinished() -> None:
    cluster = ModelCluster()
    cluster.settle()
    cluster.make("Service", cluster.name)
    cluster.settle()
    cluster.succeed()
    cluster.settle()
    assert cluster.condition("PipelineSucceeded")["reason"] == "Completed"


def test_a_service_that_selects_no_pod_does_not_serve() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.get("Service")["spec"]["selector"]["extra"] = "label"
    cluster.tick()
    for type_ in ("Serving", "Ready", "UpToDate"):
        assert cluster.condition(type_)["status"] == "False", type_
    assert cluster.condition("Serving")["message"] == "the Service has no endpoint; 1 pod ready"


def test_it_is_not_ready_before_the_service_has_an_endpoint() -> None:
    cluster = ModelCluster(endpoints_lag=True)
    cluster.settle()
    cluster.succeed()
    cluster.settle()
    assert cluster.status["serving"]["readyReplicas"] == 1
    assert [cluster.condition(type_)["status"] for type_ in ("Ready", "Serving", "UpToDate")] == ["False"] * 3
    assert "has no endpoint" in cluster.condition("Reconciling")["message"]
    cluster.endpoints_lag = False
    cluster.settle()
    assert [cluster.condition(type_)["status"] for type_ in ("Ready", "Serving", "UpToDate")] == ["True"] * 3


def test_a_model_that_fails_on_all_rows_does_not_serve() -> None:
    cluster = ModelCluster()
    cluster.train()
    collect(cluster, failing="a defect of the model", requests=9, errors=9)
    event = cluster.tick().events[0]
    for type_ in ("Serving", "Ready"):
        condition = cluster.condition(type_)
        assert (condition["status"], condition["reason"]) == ("False", "ModelFails")
        assert condition["message"].endswith("latest requests: a defect of the model")
    assert (event.type, event.reason) == ("Warning", "ModelFails")
    assert cluster.condition("UpToDate")["status"] == "True"
    assert cluster.status["phase"] == "Failed"
    assert not cluster.condition("Stalled")
    cluster.summary_at = None  # the operator was restarted, and has asked no pod yet
    assert cluster.tick().status is None
    collect(cluster, requests=10, errors=9)
    cluster.tick()
    assert cluster.condition("Ready")["status"] == "True"


def collect(cluster: ModelCluster, **figures: Any) -> None:
    cluster.summary, cluster.summary_at = summary(DIGEST, **figures), cluster.now
