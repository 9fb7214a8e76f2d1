"""A write that the API server will not have stops the resource visibly, and only for as long as it is refused."""

from __future__ import annotations

import pytest
from model_cluster import ModelCluster, model_deployment


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("PersistentVolumeClaim", "PipelineSucceeded"),
        ("ConfigMap", "PipelineSucceeded"),
        ("Job", "PipelineSucceeded"),
        ("Deployment", "ModelLoaded"),
        ("Service", "ModelLoaded"),
    ],
)
def test_a_refused_child_stalls_with_the_api_servers_message_until_it_is_allowed(kind: str, about: str) -> None:
    cluster = ModelCluster(refuses=kind)
    cluster.settle()
    if about == "ModelLoaded":
        cluster.succeed()
        cluster.settle()
    for type_ in ("Stalled", about):
        condition = cluster.condition(type_)
        assert condition["reason"] == "Refused"
        assert condition["message"].startswith(f"apply {kind}/churn")
        assert condition["message"].endswith(": exceeded quota")
    ready = cluster.condition("Ready")
    assert (ready["status"], ready["reason"]) == ("False", "Refused")
    assert not cluster.condition("Reconciling")
    cluster.refuses = ""
    cluster.settle()
    assert not cluster.condition("Stalled")
    if about == "PipelineSucceeded":
        cluster.succeed()
        cluster.settle()
    assert cluster.condition("Ready")["status"] == "True"


def test_a_refused_job_is_not_reported_as_created() -> None:
    cluster = ModelCluster(refuses="Job")
    cluster.settle()
    assert "revisions" not in cluster.status or cluster.status["revisions"] == []
    assert [event.reason for plan in cluster.plans for event in plan.events] == ["Refused"]


def test_a_refused_update_does_not_change_running_pods() -> None:
    cluster = ModelCluster()
    cluster.train()
    first = cluster.status["activeRevision"]
    cluster.refuses = "Job"
    cluster.change(training={"model_type": "logistic_regression"})
    cluster.settle()
    assert cluster.condition("Serving")["status"] == "True"
    assert cluster.status["activeRevision"] == first
    assert cluster.condition("Stalled")["reason"] == "Refused"


def test_a_refused_tidying_says_nothing_about_the_targets_run() -> None:
    cluster = ModelCluster(model_deployment(revisionHistoryLimit=1))
    cluster.train()
    cluster.refuses = "ConfigMap"
    cluster.change(training={"model_type": "logistic_regression"})
    cluster.refuses = ""
    cluster.settle()
    cluster.succeed()
    cluster.settle()
    assert cluster.condition("PipelineSucceeded")["status"] == "True"
