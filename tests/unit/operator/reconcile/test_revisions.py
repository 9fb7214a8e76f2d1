"""Revisions: content-addressed, gone back to without a Job, limited in number, and pruned with their Jobs."""

from __future__ import annotations

from typing import Any

from easy_mlops_operator.reconcile import Apply, Delete
from model_cluster import ModelCluster, Pass, model_deployment


def trained(cluster: ModelCluster, **training: Any) -> str:
    """Change the training, let it succeed, and give the revision's name."""
    cluster.change(training=training)
    cluster.settle()
    cluster.succeed()
    cluster.settle()
    return str(cluster.status["targetRevision"])


def names(cluster: ModelCluster) -> list[str]:
    return [revision["name"] for revision in cluster.status["revisions"]]


def jobs(cluster: ModelCluster) -> set[str]:
    """Jobs of revisions; the one that removes artifacts has tests of its own."""
    return {job["metadata"]["name"] for job in cluster.all("Job")} - {"churn-prune"}


def made(cluster: ModelCluster, kind: str) -> list[str]:
    return [
        action.manifest["metadata"]["name"]
        for plan in cluster.plans
        for action in plan.actions
        if isinstance(action, Apply) and action.manifest["kind"] == kind
    ]


def test_another_spec_is_another_revision_with_its_own_job() -> None:
    cluster = ModelCluster()
    cluster.train()
    first = cluster.status["targetRevision"]
    second = trained(cluster, cv_folds=3)
    assert first != second
    assert names(cluster) == [second, first]
    assert jobs(cluster) == {first, second}
    assert cluster.status["activeRevision"] == second


def test_an_earlier_spec_is_served_again_without_a_job() -> None:
    cluster = ModelCluster()
    cluster.train(directory="models/first")
    first = cluster.status["targetRevision"]
    trained(cluster, cv_folds=3)
    before = made(cluster, "Job")
    cluster.change(training=None)
    cluster.settle()
    assert made(cluster, "Job") == before
    assert cluster.status["activeRevision"] == cluster.status["targetRevision"] == first
    mounts = cluster.get("Deployment")["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert mounts[0]["subPath"] == "models/first"
    assert cluster.condition("Ready")["status"] == "True"


def test_an_earlier_spec_is_served_again_even_when_its_job_and_pods_are_gone() -> None:
    cluster = ModelCluster()
    cluster.train()
    first = cluster.status["targetRevision"]
    trained(cluster, cv_folds=3)
    cluster.remove("Job", first)
    cluster.change(training=None)
    cluster.settle()
    assert jobs(cluster) == {cluster.status["revisions"][0]["name"]}
    assert cluster.status["activeRevision"] == first
    assert cluster.status["pipeline"]["job"] == first
    assert cluster.status["pipeline"]["artifacts"]["directory"] == f"models/{first}"


def test_what_training_does_not_depend_on_makes_no_job() -> None:
    cluster = ModelCluster()
    cluster.train()
    before = made(cluster, "Job")
    cluster.change(observability={"alert_threshold": 0.99}, serving={"replicas": 2}, revisionHistoryLimit=3)
    cluster.settle()
    assert made(cluster, "Job") == before
    assert cluster.condition("ThresholdsMet")["reason"] == "RuleFiring"


def test_a_failed_update_does_not_change_running_pods() -> None:
    cluster = ModelCluster()
    cluster.train()
    first, deployments = cluster.status["activeRevision"], made(cluster, "Deployment")
    cluster.change(training={"cv_folds": 3})
    cluster.settle()
    cluster.fail()
    cluster.settle()
    assert cluster.status["activeRevision"] == first != cluster.status["targetRevision"]
    assert made(cluster, "Deployment") == deployments
    assert cluster.condition("Serving")["status"] == "True"
    assert cluster.condition("Ready")["status"] == "False"
    assert cluster.condition("Stalled")["status"] == "True"
    assert cluster.status["serving"]["version"] == "1.0.0"


def test_going_back_to_a_failed_spec_tells_the_failure_again_and_makes_no_job() -> None:
    cluster = ModelCluster()
    cluster.settle()
    cluster.fail(message="no")
    cluster.settle()
    trained(cluster, cv_folds=3)
    before = made(cluster, "Job")
    cluster.change(training=None)
    cluster.settle()
    assert made(cluster, "Job") == before
    assert cluster.condition("Stalled")["message"] == "train: no"


def test_a_run_that_is_no_longer_needed_is_stopped() -> None:
    cluster = ModelCluster()
    cluster.settle()
    first, job = cluster.status["targetRevision"], cluster.all("Job")[0]
    cluster.change(training={"cv_folds": 3})
    plan = cluster.tick()
    assert Delete("batch/v1", "Job", "shop", first, job["metadata"]["uid"]) in plan.actions
    cluster.settle()
    assert names(cluster) == [cluster.status["targetRevision"]]
    assert jobs(cluster) == set(names(cluster))


def test_at_most_so_many_revisions_are_listed_and_the_rest_is_pruned() -> None:
    cluster = ModelCluster(model_deployment(revisionHistoryLimit=2))
    cluster.train()
    made_names = [str(cluster.status["targetRevision"])]
    made_names += [trained(cluster, cv_folds=folds) for folds in (2, 3, 4)]
    assert names(cluster) == [made_names[3], made_names[2]]
    assert jobs(cluster) == set(names(cluster))
    assert {config["metadata"]["name"] for config in cluster.all("ConfigMap")} == set(names(cluster))


def test_the_target_and_the_active_revision_are_listed_whatever_the_limit() -> None:
    cluster = ModelCluster(model_deployment(revisionHistoryLimit=1))
    cluster.train()
    first = cluster.status["targetRevision"]
    cluster.change(training={"cv_folds": 3})
    cluster.settle()
    cluster.fail()
    cluster.settle()
    assert set(names(cluster)) == {first, cluster.status["targetRevision"]}


def test_the_oldest_revision_that_was_gone_back_to_is_not_pruned() -> None:
    cluster = ModelCluster(model_deployment(revisionHistoryLimit=2))
    cluster.train()
    first = cluster.status["targetRevision"]
    trained(cluster, cv_folds=2)
    cluster.change(training=None)
    cluster.settle()
    third = trained(cluster, cv_folds=4)
    assert names(cluster)[0] == third
    cluster.change(training=None)
    cluster.settle()
    assert cluster.status["activeRevision"] == first


def test_a_lower_limit_prunes_at_once() -> None:
    cluster = ModelCluster()
    cluster.train()
    for folds in (2, 3, 4):
        trained(cluster, cv_folds=folds)
    assert len(names(cluster)) == 4
    cluster.change(revisionHistoryLimit=1)
    cluster.settle()
    assert names(cluster) == [cluster.status["targetRevision"]] == list(jobs(cluster))


def test_a_pruned_revision_is_trained_again_when_it_is_wanted() -> None:
    cluster = ModelCluster(model_deployment(revisionHistoryLimit=1))
    cluster.train()
    first = cluster.status["targetRevision"]
    trained(cluster, cv_folds=3)
    cluster.end_job("churn-prune", "Complete", "")
    cluster.change(training=None)
    cluster.settle()
    assert first in jobs(cluster)
    cluster.succeed()
    cluster.settle()
    assert cluster.status["activeRevision"] == first


def test_a_status_that_was_lost_is_made_again_from_the_jobs() -> None:
    cluster = ModelCluster()
    cluster.train()
    before, job = cluster.status, cluster.all("Job")[0]["metadata"]["uid"]
    cluster.resource["status"] = {"observedGeneration": -1}
    cluster.settle()
    assert cluster.all("Job")[0]["metadata"]["uid"] == job
    assert cluster.status["activeRevision"] == before["activeRevision"]
    lost = {"createdAt"}
    assert {k: v for k, v in cluster.status["revisions"][0].items() if k not in lost} == {
        k: v for k, v in before["revisions"][0].items() if k not in lost
    }


def test_a_return_in_the_middle_of_a_rollout_is_served() -> None:
    cluster = ModelCluster()
    cluster.train()
    first = cluster.status["targetRevision"]
    cluster.change(training={"cv_folds": 3})
    cluster.settle()
    cluster.succeed()
    cluster.tick()
    cluster.roll_out(ready=False)
    cluster.tick()
    cluster.change(training=None)
    cluster.settle()
    assert cluster.status["activeRevision"] == first
    assert cluster.condition("Ready")["status"] == "True"
    assert cluster.tick() == Pass()


def test_many_metrics_are_cut_and_the_status_stays_small() -> None:
    cluster = ModelCluster()
    cluster.settle()
    cluster.succeed(metrics={f"metric_{number:03}": 0.123456789 for number in range(60)}, steps=())
    cluster.settle()
    assert len(cluster.status["revisions"][0]["metrics"]) == 32
