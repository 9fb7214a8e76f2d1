"""How a Job ends, and how that is reported."""

from __future__ import annotations

import pytest
from job_states import UNSCHEDULABLE, pending, set_pod, status_and_reason
from model_cluster import Pass


@pytest.mark.parametrize("reason", ["StepFailed", "DataUnavailable", "VolumeUnavailable", "InvalidSpec"])
def test_a_failed_run_is_reported_with_its_location_and_stalls(reason: str) -> None:
    cluster = pending()
    cluster.fail(reason=reason, location="spec.data.target", message="'labl' is not a column")
    cluster.settle()
    assert status_and_reason(cluster) == ("False", reason)
    assert cluster.condition("PipelineSucceeded")["message"] == "spec.data.target: 'labl' is not a column"
    assert cluster.condition("Stalled")["reason"] == reason
    assert cluster.condition("Ready")["reason"] == "PipelineFailed"
    failure = cluster.status["lastFailure"]
    assert {k: failure[k] for k in ("location", "reason", "message", "exitCode")} == {
        "location": "spec.data.target",
        "reason": reason,
        "message": "'labl' is not a column",
        "exitCode": 1,
    }
    assert cluster.status["revisions"][0]["state"] == "Failed"
    assert cluster.status["revisions"][0]["reason"] == reason


@pytest.mark.parametrize(
    ("exit_code", "reason", "message", "text"),
    [
        (137, "OOMKilled", "", "(OOMKilled); raise spec.pipeline.resources.limits.memory"),
        (137, "Error", "", "did not report OOMKilled; if so, raise spec.pipeline.resources.limits.memory"),
        (1, "Error", "Traceback\nValueError: no\n", "exit code 1: ValueError: no"),
        (139, "Error", "", "exit code 139"),
        (2, "Error", "", "exit code 2"),
        (128, "ContainerCannotRun", "", "exit code 128 (ContainerCannotRun)"),
    ],
)
def test_a_run_that_ends_without_a_result_is_described_by_how_it_ended(
    exit_code: int, reason: str, message: str, text: str
) -> None:
    cluster = pending()
    cluster.end_pod(cluster.job_pod(), exit_code, message, reason)
    cluster.end_job(cluster.status["targetRevision"], "Failed", "BackoffLimitExceeded")
    cluster.settle()
    killed = exit_code == 137
    assert status_and_reason(cluster) == ("False", "OutOfMemory" if killed else "StepFailed")
    assert text in cluster.condition("PipelineSucceeded")["message"]
    assert cluster.status["lastFailure"]["exitCode"] == exit_code


def test_what_the_node_knew_of_an_earlier_attempt_is_not_replaced_by_a_guess() -> None:
    cluster = pending()
    cluster.end_pod(cluster.job_pod(), 137, "", "OOMKilled")
    job = cluster.get("Job", cluster.status["targetRevision"])
    cluster.now = cluster.now.replace(hour=11)
    second = cluster._pod_of(job, job["spec"]["template"], "second", {"phase": "Pending"})
    cluster.end_pod(second, 137, "", "Error")
    cluster.end_job(job["metadata"]["name"], "Failed", "BackoffLimitExceeded")
    cluster.settle()
    assert "ran out of memory (OOMKilled)" in cluster.condition("Stalled")["message"]


def test_an_evicted_pod_is_reported() -> None:
    cluster = pending()
    cluster.job_pod()["status"] = {"phase": "Failed", "reason": "Evicted", "message": "low on memory"}
    cluster.end_job(cluster.status["targetRevision"], "Failed", "BackoffLimitExceeded")
    cluster.settle()
    assert "evicted: low on memory" in cluster.condition("Stalled")["message"]


def test_past_the_deadline_it_stalls_and_tells_what_it_waited_for() -> None:
    cluster = pending(pipeline={"activeDeadlineSeconds": 60})
    set_pod(cluster, UNSCHEDULABLE)
    revision = cluster.status["targetRevision"]
    cluster.remove("Pod", f"{revision}-aaaaa")
    cluster.end_job(revision, "Failed", "DeadlineExceeded")
    cluster.settle()
    assert status_and_reason(cluster) == ("False", "DeadlineExceeded")
    message = cluster.condition("Stalled")["message"]
    assert "60 s" in message
    assert "Unschedulable: 0/3: Insufficient cpu." in message


def test_a_job_is_failed_as_soon_as_its_controller_has_decided_so() -> None:
    cluster = pending()
    cluster.fail()
    cluster.get("Job", cluster.status["targetRevision"])["status"]["conditions"][0]["type"] = "FailureTarget"
    cluster.settle()
    assert status_and_reason(cluster) == ("False", "StepFailed")


def test_the_newest_attempt_tells() -> None:
    cluster = pending()
    cluster.end_pod(cluster.job_pod(), 137, "", "OOMKilled")
    job = cluster.get("Job", cluster.status["targetRevision"])
    cluster.now = cluster.now.replace(hour=11)
    second = cluster._pod_of(job, job["spec"]["template"], "second", {"phase": "Pending"})
    cluster.end_pod(second, 1, "ValueError: no", "Error")
    cluster.end_job(job["metadata"]["name"], "Failed", "BackoffLimitExceeded")
    cluster.settle()
    assert "ValueError: no" in cluster.condition("Stalled")["message"]


def test_a_failure_stands_when_the_pods_are_gone() -> None:
    cluster = pending()
    cluster.fail(location="train", message="no")
    cluster.settle()
    before = cluster.status
    cluster.remove("Pod", cluster.job_pod()["metadata"]["name"])
    assert cluster.tick(seconds=60) == Pass()
    assert cluster.status == before
