"""When a good deployment is searched for on the volume, and by what Job."""

from __future__ import annotations

from typing import Any

import pytest
from fallbacks import SEARCH, applied, arguments, failed, find, image, served, states
from job_states import UNSCHEDULABLE, job_names, set_pod, waiting
from model_cluster import EARLIER_RUN, ModelCluster
from situations import falling_back


def test_without_it_nothing_is_searched_and_nothing_serves() -> None:
    cluster = failed(rollout={"fallback": "none"})
    assert ("Job", SEARCH) not in cluster.objects
    assert served(cluster) == ""


def test_as_long_as_the_run_may_succeed_nothing_is_searched() -> None:
    assert ("Job", SEARCH) not in applied().objects


def late(cluster: ModelCluster) -> None:
    cluster.remove("Pod", cluster.job_pod()["metadata"]["name"])
    cluster.end_job(cluster.status["targetRevision"], "Failed", "DeadlineExceeded")
    cluster.tick(seconds=30)


def killed(cluster: ModelCluster) -> None:
    cluster.end_pod(cluster.job_pod(), 137, reason="OOMKilled")
    cluster.end_job(cluster.status["targetRevision"], "Failed", "BackoffLimitExceeded")


def without_image(cluster: ModelCluster) -> None:
    set_pod(cluster, waiting("ImagePullBackOff"))


@pytest.mark.parametrize("trouble", [late, killed, without_image])
def test_a_run_that_could_tell_nothing_is_fallen_back_from_as_well(trouble: Any) -> None:
    cluster = applied()
    trouble(cluster)
    cluster.settle()
    find(cluster)
    assert cluster.status["activeRevision"] == EARLIER_RUN
    assert states(cluster) | {"Ready": "False", "Serving": "True", "Stalled": "True"} == states(cluster)


def test_a_run_that_waits_for_a_node_has_not_failed() -> None:
    cluster = applied()
    set_pod(cluster, UNSCHEDULABLE)
    assert ("Job", SEARCH) not in cluster.objects


@pytest.mark.parametrize(
    "change", [{"serving": {"allowVersionMismatch": True}}, {"serving": {"resources": {"limits": {"memory": "2Gi"}}}}]
)
def test_after_a_change_that_may_help_it_is_searched_again(change: dict[str, Any]) -> None:
    cluster = failed()
    cluster.fail(SEARCH)
    cluster.settle()
    before = cluster.get("Job", SEARCH)["metadata"]["uid"]
    cluster.change(**change)
    cluster.settle()
    assert cluster.get("Job", SEARCH)["metadata"]["uid"] != before
    find(cluster)
    assert cluster.status["activeRevision"] == EARLIER_RUN


def test_it_looks_where_runs_publish_with_what_a_scoring_pod_has_and_cannot_write() -> None:
    cluster = failed(
        deployment={"output_dir": "kept"},
        serving={"allowVersionMismatch": True, "resources": {"limits": {"memory": "3Gi"}}},
        pipeline={"image": "mine:1"},
    )
    assert arguments(cluster) == [
        "lastgood", "--volume", "/volume", "--output-dir=kept", "--allow-version-mismatch", "--", "churn"
    ]  # fmt: skip
    pod = cluster.get("Job", SEARCH)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"] == "mine:1"
    assert container["resources"]["limits"]["memory"] == "3Gi"
    assert container["volumeMounts"][0] == {"name": "volume", "mountPath": "/volume", "readOnly": True}


def test_without_the_runs_image_the_operators_own_searches_and_serves() -> None:
    cluster = applied(pipeline={"image": "mine:1"})
    without_image(cluster)
    find(cluster)
    assert image(cluster, "Job", SEARCH) == image(cluster, "Deployment", "churn") == cluster.settings.runtime_image


def test_a_job_of_somebody_else_under_its_name_is_a_conflict() -> None:
    cluster = applied()
    cluster.make("Job", SEARCH)
    cluster.settle()
    assert cluster.condition("Ready")["reason"] == "NameConflict"


def beyond_the_limit() -> ModelCluster:
    """Artifacts are being removed when the target's run, which nothing serves before, fails."""
    cluster = applied(revisionHistoryLimit=1, serving={"replicas": 0})
    for folds in (2, 3):
        cluster.succeed()
        cluster.change(training={"cv_folds": folds})
        cluster.settle()
    return cluster


def test_nothing_is_searched_while_artifacts_are_removed_nor_removed_while_they_are_searched() -> None:
    cluster = beyond_the_limit()
    assert ("Job", "churn-prune") in cluster.objects
    cluster.fail()
    cluster.settle()
    assert ("Job", SEARCH) not in cluster.objects
    assert "once old artifacts are removed" in cluster.condition("Ready")["message"]
    cluster.end_job("churn-prune", "Failed", "BackoffLimitExceeded")
    cluster.settle()
    cluster.remove("Job", "churn-prune")
    cluster.settle()
    assert job_names(cluster)[-1] == SEARCH
    assert cluster.status["pruning"]["pending"]
    find(cluster)
    assert job_names(cluster)[-1] == "churn-prune"


def test_a_suspended_resource_searches_nothing_and_its_fallback_keeps_serving() -> None:
    cluster = applied()
    cluster.fail()
    cluster.change(suspend=True)
    cluster.settle()
    assert ("Job", SEARCH) not in cluster.objects
    cluster = falling_back()
    cluster.change(suspend=True)
    cluster.settle()
    assert cluster.condition("Serving")["status"] == "True"
    assert cluster.condition("Ready")["reason"] == "Suspended"
