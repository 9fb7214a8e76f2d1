"""While a Job runs: what blocks it is reported, and reported once."""

from __future__ import annotations

import pytest
from easy_mlops.contract import RunFailure, RunResult
from easy_mlops_operator.api.names import run_id
from job_states import UNSCHEDULABLE, pending, set_pod, status_and_reason, waiting
from model_cluster import Pass


def test_a_running_job_is_reported() -> None:
    cluster = pending()
    set_pod(cluster, {"phase": "Running", "containerStatuses": [{"name": "c", "state": {"running": {}}}]})
    assert status_and_reason(cluster) == ("Unknown", "Running")
    assert cluster.condition("PipelineSucceeded")["message"] == f"Job {cluster.status['targetRevision']} is running"


def test_an_unschedulable_pod_is_reported_with_the_schedulers_message_and_waited_for() -> None:
    cluster = pending()
    set_pod(cluster, UNSCHEDULABLE)
    assert status_and_reason(cluster) == ("False", "Unschedulable")
    assert "Insufficient cpu" in cluster.condition("PipelineSucceeded")["message"]
    assert cluster.condition("Reconciling")["reason"] == "Unschedulable"
    assert not cluster.condition("Stalled")


def test_a_claim_without_a_matching_volume_is_reported_with_its_storage_class() -> None:
    cluster = pending(storage={"storageClassName": "none-such"})
    cluster.get("PersistentVolumeClaim")["status"] = {"phase": "Pending"}
    unbound = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    set_pod(cluster, {**UNSCHEDULABLE, "conditions": [{**UNSCHEDULABLE["conditions"][0], "message": unbound}]})
    assert status_and_reason(cluster) == ("False", "Unschedulable")
    message = cluster.condition("PipelineSucceeded")["message"]
    assert message == f"{unbound}; claim churn is not bound to a volume yet, storage class none-such"


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"])
def test_an_image_that_is_not_there_stalls_and_recovers_by_itself(reason: str) -> None:
    cluster = pending(pipeline={"image": "nowhere/x:1"})
    set_pod(cluster, waiting(reason, "details"))
    assert status_and_reason(cluster) == ("False", "ImageUnavailable")
    assert "'nowhere/x:1'" in cluster.condition("Stalled")["message"]
    assert not cluster.condition("Reconciling")
    assert cluster.status["lastFailure"]["reason"] == "ImageUnavailable"
    cluster.succeed()
    cluster.settle()
    assert cluster.condition("Ready")["status"] == "True"


def test_pulling_again_and_again_is_reported_once() -> None:
    cluster = pending()
    cause = 'failed to pull and unpack image "x": not found'
    set_pod(cluster, waiting("ErrImagePull", cause))
    stalled = cluster.condition("Stalled")["message"]
    cluster.job_pod()["status"] = waiting("ImagePullBackOff", f'Back-off pulling image "x": ErrImagePull: {cause}')
    assert cluster.tick() == Pass()
    assert stalled.endswith(cause)


def test_back_off_without_a_cause_does_not_repeat_itself() -> None:
    cluster = pending()
    set_pod(cluster, waiting("ImagePullBackOff", 'Back-off pulling image "runtime:1"'))
    assert cluster.condition("Stalled")["message"] == "image 'runtime:1' cannot be pulled"


def test_a_container_that_cannot_be_created_is_reported_while_the_deadline_runs() -> None:
    cluster = pending()
    set_pod(cluster, waiting("CreateContainerConfigError", "configmap not found"))
    assert status_and_reason(cluster) == ("Unknown", "Running")
    assert "CreateContainerConfigError: configmap not found" in cluster.condition("PipelineSucceeded")["message"]


def test_a_full_volume_is_reported_while_it_is_tried_again() -> None:
    cluster = pending()
    result = RunResult(
        run_id=run_id(cluster.status["targetRevision"], cluster.resource["metadata"]["uid"]),
        ok=False,
        failure=RunFailure("VolumeUnavailable", "save_model", "no space left"),
    )
    cluster.end_pod(cluster.job_pod(), 75, result.encode())
    cluster.settle()
    assert status_and_reason(cluster) == ("False", "VolumeUnavailable")
    assert cluster.condition("Reconciling")["reason"] == "VolumeUnavailable"
    assert "attempt 1 after save_model: no space left" in cluster.condition("PipelineSucceeded")["message"]
    assert cluster.status["lastFailure"]["exitCode"] == 75


def test_a_crash_that_is_tried_again_is_reported_and_still_running() -> None:
    cluster = pending()
    cluster.end_pod(cluster.job_pod(), 137, "", "OOMKilled")
    cluster.settle()
    assert status_and_reason(cluster) == ("Unknown", "Running")
    assert "OOMKilled" in cluster.condition("PipelineSucceeded")["message"]
