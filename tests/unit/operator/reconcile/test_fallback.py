"""`rollout.fallback: lastGood`: the newest good deployment on the volume serves while the target is not available."""

from __future__ import annotations

from typing import Any

from easy_mlops_operator.reconcile import Source
from fallbacks import SEARCH, applied, arguments, failed, find, image, served, states
from job_states import job_names
from model_cluster import DIGEST, EARLIER_RUN, ModelCluster, Pass, model_deployment


def test_it_changes_neither_the_revision_nor_its_job() -> None:
    with_it, without = applied(), applied(rollout={"fallback": "none"})
    revision = with_it.status["targetRevision"]
    assert revision == without.status["targetRevision"]
    assert with_it.get("Job", revision)["spec"] == without.get("Job", revision)["spec"]


def test_what_is_found_serves_while_ready_is_false() -> None:
    cluster = failed()
    assert "searching the volume for an earlier revision" in cluster.condition("Ready")["message"]
    find(cluster)
    assert states(cluster) == {
        "Ready": "False",
        "Serving": "True",
        "PipelineSucceeded": "False",
        "ModelLoaded": "False",
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
    assert cluster.tick() == Pass()


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
    assert cluster.tick() == Pass()


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


def test_it_keeps_serving_while_its_search_is_repeated_and_when_none_is_wanted_any_more() -> None:
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


def test_what_an_earlier_claim_held_is_not_served_from_another_one() -> None:
    cluster = failed()
    find(cluster)
    cluster.remove("PersistentVolumeClaim")
    cluster.settle()
    cluster.fail()
    cluster.settle()
    assert "searching the volume for an earlier revision" in cluster.condition("Ready")["message"]
    claim = cluster.get("PersistentVolumeClaim")["metadata"]["uid"]
    assert cluster.get("Job", SEARCH)["metadata"]["annotations"]["easymlops.dev/claim-uid"] == claim
