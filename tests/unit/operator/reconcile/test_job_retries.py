"""A failed run is tried again only when something has changed."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops_operator.reconcile import Apply, Delete
from job_states import UNSCHEDULABLE, job_names, pending, set_pod
from model_cluster import ModelCluster, Pass


def test_a_failed_run_is_not_tried_again_by_itself() -> None:
    cluster = pending()
    cluster.fail()
    cluster.settle()
    assert cluster.tick(seconds=86400) == Pass()


def test_deleting_the_job_of_a_failed_run_tries_again() -> None:
    cluster = pending()
    cluster.fail()
    cluster.settle()
    revision = cluster.status["targetRevision"]
    cluster.remove("Job", revision)
    cluster.settle()
    assert job_names(cluster) == [revision]
    assert cluster.status["revisions"][0]["state"] == "Training"
    assert not cluster.condition("Stalled")
    cluster.succeed()
    cluster.settle()
    assert cluster.condition("Ready")["status"] == "True"
    assert cluster.status["lastFailure"]["reason"] == "StepFailed"


def test_another_try_takes_the_image_that_the_operator_has_now() -> None:
    cluster = pending()
    cluster.fail()
    cluster.settle()
    cluster.settings = type(cluster.settings)(runtime_image="runtime:2")
    cluster.remove("Job", cluster.status["targetRevision"])
    cluster.settle()
    assert cluster.status["revisions"][0]["image"] == "runtime:2"


def test_a_job_that_is_being_deleted_is_waited_for() -> None:
    cluster = pending()
    cluster.fail()
    cluster.settle()
    job = cluster.get("Job", cluster.status["targetRevision"])
    job["metadata"]["deletionTimestamp"] = "2026-11-24T10:00:00Z"
    plan = cluster.tick()
    assert plan.actions == ()
    assert "is being deleted and will be recreated" in cluster.condition("Reconciling")["message"]


def test_a_deleted_job_of_a_trained_revision_is_not_missed() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.remove("Job", cluster.status["targetRevision"])
    assert cluster.tick() == Pass()


def test_a_deleted_job_in_the_middle_of_a_run_is_made_again() -> None:
    cluster = pending()
    revision = cluster.status["targetRevision"]
    cluster.remove("Job", revision)
    cluster.settle()
    assert job_names(cluster) == [revision]


def test_a_deleted_configuration_is_made_again_while_its_run_needs_it() -> None:
    cluster = pending()
    revision = cluster.status["targetRevision"]
    cluster.remove("ConfigMap", revision)
    cluster.settle()
    assert ("ConfigMap", revision) in cluster.objects
    cluster.succeed()
    cluster.settle()
    cluster.remove("ConfigMap", revision)
    assert cluster.tick() == Pass()


@pytest.mark.parametrize("end", [lambda cluster: set_pod(cluster, UNSCHEDULABLE), lambda cluster: cluster.fail()])
def test_more_resources_are_another_try_of_what_was_held_up(end: Any) -> None:
    cluster = pending(pipeline={"resources": {"requests": {"cpu": "99"}}})
    end(cluster)
    cluster.settle()
    revision, old = cluster.status["targetRevision"], cluster.all("Job")[0]["metadata"]["uid"]
    cluster.change(pipeline={"resources": {"requests": {"cpu": "1"}}})
    plan = cluster.tick()
    assert plan.actions == (Delete("batch/v1", "Job", "shop", revision, old),)
    cluster.settle()
    assert cluster.status["targetRevision"] == revision
    made = cluster.get("Job", revision)["spec"]["template"]["spec"]["containers"][0]
    assert made["resources"]["requests"]["cpu"] == "1"


def test_more_resources_do_not_disturb_a_run_that_goes_on() -> None:
    cluster = pending()
    set_pod(cluster, {"phase": "Running", "containerStatuses": [{"name": "c", "state": {"running": {}}}]})
    cluster.change(pipeline={"resources": {"requests": {"cpu": "2"}}})
    plan = cluster.tick()
    assert plan.actions == ()


def test_a_job_is_created_once_however_often_it_is_reconciled() -> None:
    cluster = pending()
    for _ in range(5):
        cluster.tick()
    made = [a for plan in cluster.plans for a in plan.actions if isinstance(a, Apply) and a.manifest["kind"] == "Job"]
    assert len(made) == 1
