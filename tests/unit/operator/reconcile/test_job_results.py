"""Results that come late, never, or cannot be believed."""

from __future__ import annotations

import pytest
from job_states import pending, status_and_reason
from model_cluster import ModelCluster, Pass


def test_a_pods_news_may_come_after_the_jobs() -> None:
    cluster = pending()
    revision = cluster.status["targetRevision"]
    cluster.end_job(revision, "Complete", "")
    plan = cluster.tick()
    assert plan.requeue_after == 2
    assert status_and_reason(cluster) == ("Unknown", "Running")
    assert "lastFailure" not in cluster.status
    cluster.succeed()
    cluster.settle()
    assert status_and_reason(cluster) == ("True", "Completed")


def lose_result(cluster: ModelCluster) -> None:
    """The run goes well, but its pod is gone before anybody looks."""
    revision = cluster.status["targetRevision"]
    cluster.remove("Pod", cluster.job_pod()["metadata"]["name"])
    cluster.end_job(revision, "Complete", "")
    cluster.tick(seconds=30)


def test_a_job_whose_result_was_lost_with_its_pod_is_made_again() -> None:
    cluster = pending()
    [first] = cluster.all("Job")
    lose_result(cluster)
    assert status_and_reason(cluster) == ("Unknown", "Running")
    assert "being recreated: its pod was deleted" in cluster.condition("Reconciling")["message"]
    cluster.settle()
    [second] = cluster.all("Job")
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    cluster.succeed()
    cluster.settle()
    assert status_and_reason(cluster) == ("True", "Completed")


def test_a_result_that_is_lost_again_is_reported_as_a_failure() -> None:
    cluster = pending()
    lose_result(cluster)
    cluster.settle()
    lose_result(cluster)
    assert status_and_reason(cluster) == ("False", "StepFailed")
    assert "result is missing" in cluster.condition("Stalled")["message"]
    assert "Delete the Job" in cluster.condition("Stalled")["message"]


def test_a_pod_without_a_termination_message_is_reported_as_a_failure() -> None:
    cluster = pending()
    cluster.end_pod(cluster.job_pod(), 0)
    cluster.end_job(cluster.status["targetRevision"], "Complete", "")
    cluster.tick(seconds=30)
    assert status_and_reason(cluster) == ("False", "StepFailed")
    assert "result is missing" in cluster.condition("Stalled")["message"]


def test_a_known_result_needs_no_pod() -> None:
    cluster = pending()
    cluster.succeed()
    cluster.settle()
    cluster.remove("Pod", cluster.job_pod()["metadata"]["name"])
    assert cluster.tick(seconds=60) == Pass()


@pytest.mark.parametrize(
    "result",
    [
        {"directory": "../elsewhere"},
        {"directory": "models/../../x"},
        {"directory": "/etc"},
        {"directory": ""},
        {"directory": "x" * 600},
        {"digest": "short"},
        {"digest": "A" * 64},
        {"digest": ""},
    ],
)
def test_a_result_that_leads_elsewhere_is_refused(result: dict[str, str]) -> None:
    cluster = pending()
    cluster.succeed(**result)
    cluster.settle()
    assert status_and_reason(cluster) == ("False", "StepFailed")
    assert "result of the run is invalid" in cluster.condition("Stalled")["message"]
    assert ("Deployment", "churn") not in cluster.objects


def test_the_result_of_another_run_is_not_taken() -> None:
    cluster = pending()
    cluster.succeed(run_id="churn-other-00000000")
    cluster.tick(seconds=60)
    assert status_and_reason(cluster) == ("False", "StepFailed")


@pytest.mark.parametrize("message", ["", "not JSON", "{}", '{"v": 2}', '{"v": 1, "run_id": 7}', "[" * 5000])
def test_a_message_that_is_no_result_is_none(message: str) -> None:
    cluster = pending()
    cluster.end_pod(cluster.job_pod(), 0, message)
    cluster.end_job(cluster.status["targetRevision"], "Complete", "")
    cluster.tick(seconds=60)
    assert status_and_reason(cluster) == ("False", "StepFailed")


def test_pods_of_another_job_of_the_name_are_not_looked_at() -> None:
    cluster = pending()
    cluster.succeed()
    cluster.job_pod()["metadata"]["ownerReferences"][0]["uid"] = "uid-of-an-earlier-job"
    cluster.tick(seconds=60)
    assert "being recreated: its pod was deleted" in cluster.condition("Reconciling")["message"]
