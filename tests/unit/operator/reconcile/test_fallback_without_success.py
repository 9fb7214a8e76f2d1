"""A search that finds nothing good, fails, or is not to be believed; a fallback that is damaged later."""

from __future__ import annotations

from datetime import timedelta

import pytest
from easy_mlops.contract import LoadFailure, RunResult, StepReport
from fallbacks import SEARCH, applied, failed, find, served
from job_states import UNSCHEDULABLE
from model_cluster import ModelCluster, Pass


def break_pods(cluster: ModelCluster) -> None:
    """The pods start again, and find that a file was changed."""
    for pod in cluster.scoring_pods():
        cluster.end_pod(pod, 1, LoadFailure("DigestMismatch", "model.joblib was changed").encode())
    cluster.count_pods()


def test_a_fallback_that_is_damaged_later_gives_way_to_an_older_good_one() -> None:
    cluster = failed()
    find(cluster)
    cluster.now += timedelta(hours=1)
    break_pods(cluster)
    before = cluster.get("Job", SEARCH)["metadata"]["uid"]
    cluster.tick()
    cluster.tick()
    assert cluster.get("Job", SEARCH)["metadata"]["uid"] != before
    cluster.tick()
    assert cluster.condition("Serving")["status"] == "False"
    assert "model.joblib was changed" in cluster.condition("Serving")["message"]
    older = "churn-0000000000-99998888"
    find(cluster, run_id=older, directory="models/older")
    assert cluster.status["activeRevision"] == older
    assert served(cluster) == "models/older"
    assert cluster.tick() == Pass()


def test_a_damaged_fallback_without_a_better_one_is_reported_and_not_searched_for_ever() -> None:
    cluster = failed()
    find(cluster)
    cluster.now += timedelta(hours=1)
    break_pods(cluster)
    cluster.tick()
    cluster.tick()
    cluster.fail(SEARCH, message="none is good")
    for _ in range(3):
        cluster.tick()
    assert cluster.tick() == Pass()
    assert "model.joblib was changed" in cluster.condition("Serving")["message"]
    assert served(cluster) == "models/earlier"


def test_newer_revisions_that_failed_verification_are_reported() -> None:
    cluster = failed()
    bad = [StepReport(f"models/d{number}", "Failed", 0.1, "model.joblib was changed") for number in (3, 2)]
    find(cluster, steps=(*bad, StepReport("models/d1", "Succeeded", 1)))
    message = "serves instead; newer revisions failed verification: models/d3: model.joblib was changed, and 1 more"
    assert message in cluster.condition("Ready")["message"]


def test_that_there_is_none_is_reported_and_not_searched_again() -> None:
    cluster = failed()
    cluster.fail(SEARCH, message="there is no deployment of 'churn'")
    cluster.settle()
    assert "no earlier revision can be served: there is no deployment" in cluster.condition("Stalled")["message"]
    assert cluster.condition("Serving")["status"] == "False"
    cluster.remove("Pod", cluster.job_pod(SEARCH)["metadata"]["name"])
    assert cluster.tick(seconds=3600).actions == ()


@pytest.mark.parametrize(
    "result",
    [
        {"run_id": "other-abcdef0123-99998888"},
        {"run_id": "churn-web-abcdef0123-99998888"},
        {"run_id": "churn-abcdef0123"},
        {"run_id": ""},
        {"directory": "../elsewhere"},
        {"directory": "/etc"},
        {"digest": "short"},
    ],
)
def test_a_search_that_leads_elsewhere_is_not_believed(result: dict[str, str]) -> None:
    cluster = failed()
    find(cluster, **result)
    assert served(cluster) == ""
    assert "the search for an earlier revision failed: its result is invalid" in cluster.condition("Ready")["message"]


def test_how_a_search_failed_is_reported() -> None:
    cluster = failed()
    cluster.end_pod(cluster.job_pod(SEARCH), 137, reason="OOMKilled")
    cluster.end_job(SEARCH, "Failed", "BackoffLimitExceeded")
    cluster.tick(seconds=30)
    assert (
        "raise spec.serving.resources.limits.memory; delete Job churn-lastgood" in cluster.condition("Ready")["message"]
    )
    cluster.remove("Pod", cluster.job_pod(SEARCH)["metadata"]["name"])
    cluster.get("Job", SEARCH)["status"]["conditions"][0]["message"] = "Job has reached the backoff limit"
    cluster.tick(seconds=30)
    assert "Job has reached the backoff limit" in cluster.condition("Ready")["message"]


def test_a_search_that_cannot_start_tells_why() -> None:
    cluster = failed()
    cluster.job_pod(SEARCH)["status"] = UNSCHEDULABLE
    cluster.settle()
    assert "Insufficient cpu" in cluster.condition("Ready")["message"]


def test_a_search_whose_pods_news_is_late_is_waited_for_and_one_without_a_pod_made_again() -> None:
    cluster = failed()
    before = cluster.get("Job", SEARCH)["metadata"]["uid"]
    cluster.remove("Pod", cluster.job_pod(SEARCH)["metadata"]["name"])
    cluster.end_job(SEARCH, "Complete", "")
    assert cluster.tick().requeue_after == 2
    assert cluster.get("Job", SEARCH)["metadata"]["uid"] == before
    cluster.now = cluster.now.replace(minute=30)
    cluster.settle()
    assert cluster.get("Job", SEARCH)["metadata"]["uid"] != before


def test_a_refused_search_is_reported_and_the_run_stays_what_stalls() -> None:
    cluster = applied()
    cluster.fail()
    cluster.refuses = "Job"
    cluster.settle()
    assert cluster.condition("Stalled")["reason"] == "StepFailed"
    assert (
        "the search for an earlier revision could not start: apply Job/churn-lastgood"
        in cluster.condition("Stalled")["message"]
    )


def test_a_message_that_is_no_result_is_a_failed_search() -> None:
    cluster = failed()
    cluster.end_pod(cluster.job_pod(SEARCH), 0, RunResult("", ok=True).encode()[:-1])
    cluster.end_job(SEARCH, "Complete", "")
    cluster.tick(seconds=30)
    assert "the search for an earlier revision failed" in cluster.condition("Ready")["message"]
