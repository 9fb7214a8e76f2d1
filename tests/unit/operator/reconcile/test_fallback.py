"""`rollout.fallback: lastGood`: the newest good deployment on the volume serves while the target cannot be had."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from easy_mlops.contract import LoadFailure, RunResult, StepReport
from easy_mlops_operator.reconcile import Plan, Source
from job_states import UNSCHEDULABLE, job_names, set_pod, waiting
from model_cluster import DIGEST, EARLIER_RUN, ModelCluster, model_deployment
from situations import falling_back

SEARCH = "churn-lastgood"
LAST_GOOD = {"rollout": {"fallback": "lastGood"}}


def applied(**spec: Any) -> ModelCluster:
    """A resource that was made a moment ago; its Job runs."""
    cluster = ModelCluster(model_deployment(**{**LAST_GOOD, **spec}))
    cluster.settle()
    return cluster


def failed(**spec: Any) -> ModelCluster:
    """Its run has failed."""
    cluster = applied(**spec)
    cluster.fail()
    cluster.settle()
    return cluster


def find(cluster: ModelCluster, **result: Any) -> None:
    """The search finds what an earlier resource of the name has published."""
    told = {"run_id": EARLIER_RUN, "directory": "models/earlier", "model_version": "0.9", "metrics": {"accuracy": 0.8}}
    cluster.succeed(SEARCH, **{**told, **result})
    cluster.settle()


def states(cluster: ModelCluster) -> dict[str, str]:
    types = ("Ready", "Serving", "PipelineSucceeded", "ModelLoaded", "Stalled", "Reconciling")
    return {type_: cluster.condition(type_).get("status", "") for type_ in types}


def served(cluster: ModelCluster) -> str:
    """Directory that the pods have mounted; empty when there is no Deployment."""
    if ("Deployment", "churn") not in cluster.objects:
        return ""
    (container,) = cluster.get("Deployment")["spec"]["template"]["spec"]["containers"]
    return str(container["volumeMounts"][0]["subPath"])


def arguments(cluster: ModelCluster) -> list[str]:
    (container,) = cluster.get("Job", SEARCH)["spec"]["template"]["spec"]["containers"]
    return list(container["args"])


def image(cluster: ModelCluster, kind: str, name: str) -> str:
    return str(cluster.get(kind, name)["spec"]["template"]["spec"]["containers"][0]["image"])


def test_without_it_nothing_is_searched_and_nothing_serves() -> None:
    cluster = failed(rollout={"fallback": "none"})
    assert ("Job", SEARCH) not in cluster.objects
    assert served(cluster) == ""


def test_as_long_as_the_run_may_succeed_nothing_is_searched() -> None:
    assert ("Job", SEARCH) not in applied().objects


def test_it_changes_neither_the_revision_nor_its_job() -> None:
    with_it, without = applied(), applied(rollout={"fallback": "none"})
    revision = with_it.status["targetRevision"]
    assert revision == without.status["targetRevision"]
    assert with_it.get("Job", revision)["spec"] == without.get("Job", revision)["spec"]


def test_what_is_found_serves_while_ready_is_false() -> None:
    cluster = failed()
    assert "searched for an earlier revision" in cluster.condition("Ready")["message"]
    find(cluster)
    assert states(cluster) == {
        "Ready": "False",
        "Serving": "True",
        "PipelineSucceeded": "False",
        "ModelLoaded": "True",
        "Stalled": "True",
        "Reconciling": "",
    }
    assert cluster.condition("Ready")["reason"] == "PipelineFailed"
    assert cluster.condition("Stalled")["reason"] == "StepFailed"
    assert f"it went wrong; {EARLIER_RUN} serves instead" in cluster.condition("Stalled")["message"]
    assert cluster.condition("PipelineSucceeded")["message"] == "train: it went wrong"
    assert cluster.status["activeRevision"] == EARLIER_RUN
    assert cluster.status["serving"]["version"] == "0.9"
    assert served(cluster) == "models/earlier"
    assert cluster.tick() == Plan()


def test_it_is_listed_as_a_revision_with_claim_image_and_metrics() -> None:
    cluster = failed()
    find(cluster)
    record = next(item for item in cluster.status["revisions"] if item["name"] == EARLIER_RUN)
    assert (record["state"], record["directory"], record["digest"]) == ("Succeeded", "models/earlier", DIGEST)
    assert record["claim"] == cluster.get("PersistentVolumeClaim")["metadata"]["uid"]
    assert record["image"] == image(cluster, "Job", SEARCH) == image(cluster, "Deployment", "churn")
    assert record["metrics"] == {"accuracy": "0.8"}


def test_thresholds_are_judged_of_what_serves() -> None:
    rules = {"floor": {"metric": "accuracy", "op": "<", "value": 0.9, "severity": "critical"}}
    cluster = failed(observability={"rules": rules})
    find(cluster)
    assert cluster.evaluation("floor")["state"] == "Firing"
    assert cluster.condition("ThresholdsMet")["status"] == "False"


def test_the_same_revision_of_an_earlier_resource_serves_too() -> None:
    """The same manifest on a new cluster: its run fails there, but once it has succeeded."""
    cluster = failed()
    revision = cluster.status["targetRevision"]
    find(cluster, run_id=f"{revision}-99998888")
    assert cluster.status["activeRevision"] == f"{revision}-99998888"
    assert [item["state"] for item in cluster.status["revisions"] if item["name"] == revision] == ["Failed"]
    assert cluster.condition("Ready")["status"] == "False"


def test_a_target_that_succeeds_takes_over_by_the_ordinary_rollout() -> None:
    cluster = failed()
    find(cluster)
    cluster.change(training={"cv_folds": 3})
    cluster.settle()
    assert cluster.status["activeRevision"] == EARLIER_RUN
    assert states(cluster) | {"Ready": "False", "Reconciling": "True", "Stalled": ""} == states(cluster)
    assert f"{EARLIER_RUN} serves instead" in cluster.condition("Ready")["message"]
    cluster.succeed()
    cluster.tick()
    cluster.roll_out(ready=False)
    cluster.tick()
    assert states(cluster) | {"Ready": "True", "Serving": "True", "Reconciling": "True"} == states(cluster)
    assert cluster.status["activeRevision"] == EARLIER_RUN
    cluster.settle()
    assert cluster.status["activeRevision"] == cluster.status["targetRevision"]
    assert states(cluster) | {"Ready": "True", "Reconciling": ""} == states(cluster)
    assert ("Job", SEARCH) not in cluster.objects
    assert cluster.tick() == Plan()


def test_a_fallback_that_served_is_an_ordinary_revision_afterwards() -> None:
    cluster = failed(revisionHistoryLimit=1)
    find(cluster)
    assert EARLIER_RUN in [item["name"] for item in cluster.status["revisions"]]
    cluster.change(training={"cv_folds": 3})
    cluster.train()
    assert [item["name"] for item in cluster.status["revisions"]] == [cluster.status["targetRevision"]]
    assert [item["directory"] for item in cluster.status["pruning"]["pending"]] == ["models/earlier"]


def test_a_run_that_fails_again_leaves_the_fallback_serving() -> None:
    cluster = failed()
    find(cluster)
    before = cluster.get("Job", SEARCH)["metadata"]["uid"]
    cluster.change(training={"cv_folds": 3})
    cluster.settle()
    cluster.fail()
    cluster.settle()
    assert cluster.status["activeRevision"] == EARLIER_RUN
    assert cluster.get("Job", SEARCH)["metadata"]["uid"] == before
    assert states(cluster) | {"Ready": "False", "Serving": "True", "Stalled": "True"} == states(cluster)


def test_it_goes_on_serving_while_its_search_is_made_again_and_when_none_is_wanted_any_more() -> None:
    cluster = failed()
    find(cluster)
    before = cluster.get("Job", SEARCH)["metadata"]["uid"]
    cluster.remove("Job", SEARCH)
    cluster.settle()
    assert cluster.get("Job", SEARCH)["metadata"]["uid"] != before
    assert arguments(cluster)[-1] == f"models/earlier={DIGEST}"
    assert cluster.status["activeRevision"] == EARLIER_RUN
    find(cluster)
    cluster.change(rollout=None)
    cluster.settle()
    assert SEARCH not in job_names(cluster)
    assert cluster.status["activeRevision"] == EARLIER_RUN
    assert states(cluster) | {"Ready": "False", "Serving": "True", "Stalled": "True"} == states(cluster)


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
    assert cluster.condition("ModelLoaded")["reason"] == "DigestMismatch"
    assert cluster.condition("Serving")["status"] == "False"
    older = "churn-0000000000-99998888"
    find(cluster, run_id=older, directory="models/older")
    assert cluster.status["activeRevision"] == older
    assert served(cluster) == "models/older"
    assert cluster.tick() == Plan()


def test_a_damaged_fallback_without_a_better_one_is_told_and_not_searched_for_ever() -> None:
    cluster = failed()
    find(cluster)
    cluster.now += timedelta(hours=1)
    break_pods(cluster)
    cluster.tick()
    cluster.tick()
    cluster.fail(SEARCH, message="none is good")
    for _ in range(3):
        cluster.tick()
    assert cluster.tick() == Plan()
    assert cluster.condition("ModelLoaded")["reason"] == "DigestMismatch"
    assert served(cluster) == "models/earlier"


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


def test_while_data_is_waited_for_the_fallback_serves_and_ready_is_false() -> None:
    resource = model_deployment(data={"uri": "configmap://a/b.csv"}, rollout={"fallback": "lastGood"})
    cluster = ModelCluster(resource, source=Source("missing", "no ConfigMap"))
    cluster.settle()
    find(cluster)
    assert states(cluster) | {"Ready": "False", "Serving": "True", "Reconciling": "True"} == states(cluster)
    assert cluster.condition("Ready")["reason"] == "Progressing"
    cluster.source = Source("found")
    cluster.train()
    assert cluster.status["activeRevision"] == cluster.status["targetRevision"]
    assert cluster.condition("Ready")["status"] == "True"


def test_a_run_that_waits_for_a_node_has_not_failed() -> None:
    cluster = applied()
    set_pod(cluster, UNSCHEDULABLE)
    assert ("Job", SEARCH) not in cluster.objects


def test_what_was_newer_but_no_good_is_told() -> None:
    cluster = failed()
    bad = [StepReport(f"models/d{number}", "Failed", 0.1, "model.joblib was changed") for number in (3, 2)]
    find(cluster, steps=(*bad, StepReport("models/d1", "Succeeded", 1)))
    words = "serves instead, since what is newer is no good: models/d3: model.joblib was changed, and 1 more"
    assert words in cluster.condition("Ready")["message"]


def test_that_there_is_none_is_told_and_not_searched_again() -> None:
    cluster = failed()
    cluster.fail(SEARCH, message="there is no deployment of 'churn'")
    cluster.settle()
    assert "no earlier revision can be served: there is no deployment" in cluster.condition("Stalled")["message"]
    assert cluster.condition("Serving")["status"] == "False"
    cluster.remove("Pod", cluster.job_pod(SEARCH)["metadata"]["name"])
    assert cluster.tick(seconds=3600).actions == ()


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


def superseded(**spec: Any) -> tuple[ModelCluster, str]:
    """A revision is trained, but before its pods are there the next one is asked for, and fails."""
    cluster = applied(**spec)
    trained = str(cluster.status["targetRevision"])
    cluster.succeed()
    cluster.change(training={"cv_folds": 3}, pipeline={"image": "next:1"})
    cluster.settle()
    cluster.fail()
    cluster.settle()
    return cluster, trained


def test_a_listed_revision_that_never_served_is_a_fallback_too_with_its_own_image() -> None:
    cluster, trained = superseded()
    assert arguments(cluster)[-1] == f"models/{trained}={DIGEST}"
    find(cluster, run_id=f"{trained}-0f0e0d0c", directory=f"models/{trained}")
    assert cluster.status["activeRevision"] == trained
    assert [item["name"] for item in cluster.status["revisions"]].count(trained) == 1
    assert image(cluster, "Deployment", "churn") == "runtime:1"
    assert cluster.condition("Ready")["status"] == "False"


def test_without_lastgood_a_listed_revision_that_never_served_does_not_either() -> None:
    cluster, _ = superseded(rollout={"fallback": "none"})
    assert served(cluster) == ""


def test_a_deployment_that_is_removed_while_the_target_fails_comes_back_without_a_search() -> None:
    cluster = applied()
    cluster.train()
    first = cluster.status["activeRevision"]
    cluster.change(training={"cv_folds": 3})
    cluster.settle()
    cluster.fail()
    cluster.settle()
    cluster.remove("Deployment")
    cluster.settle()
    assert cluster.status["activeRevision"] == first
    assert SEARCH not in job_names(cluster)


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
    assert "the search for an earlier revision failed: its result is not valid" in cluster.condition("Ready")["message"]


def test_how_a_search_failed_is_told() -> None:
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


def test_a_refused_search_is_told_and_the_run_stays_what_stalls() -> None:
    cluster = applied()
    cluster.fail()
    cluster.refuses = "Job"
    cluster.settle()
    assert cluster.condition("Stalled")["reason"] == "StepFailed"
    assert (
        "no earlier revision can be searched for: apply Job/churn-lastgood" in cluster.condition("Stalled")["message"]
    )


def test_a_job_of_somebody_else_under_its_name_is_a_conflict() -> None:
    cluster = applied()
    cluster.make("Job", SEARCH)
    cluster.settle()
    assert cluster.condition("Ready")["reason"] == "NameConflict"


def test_what_an_earlier_claim_held_is_not_served_from_another_one() -> None:
    cluster = failed()
    find(cluster)
    cluster.remove("PersistentVolumeClaim")
    cluster.settle()
    cluster.fail()
    cluster.settle()
    assert "searched for an earlier revision" in cluster.condition("Ready")["message"]
    claim = cluster.get("PersistentVolumeClaim")["metadata"]["uid"]
    assert cluster.get("Job", SEARCH)["metadata"]["annotations"]["easymlops.dev/claim-uid"] == claim


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


def test_a_suspended_resource_searches_nothing_and_its_fallback_goes_on_serving() -> None:
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


def test_a_message_that_is_no_result_is_a_failed_search() -> None:
    cluster = failed()
    cluster.end_pod(cluster.job_pod(SEARCH), 0, RunResult("", ok=True).encode()[:-1])
    cluster.end_job(SEARCH, "Complete", "")
    cluster.tick(seconds=30)
    assert "the search for an earlier revision failed" in cluster.condition("Ready")["message"]
