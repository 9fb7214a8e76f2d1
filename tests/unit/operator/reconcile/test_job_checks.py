"""The run of the target: data waited for, one Job, its end told, and tried again only when something has changed."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops.config.data import DataUri
from easy_mlops.contract import RunFailure, RunResult
from easy_mlops_operator.api.names import run_id
from easy_mlops_operator.reconcile import Apply, Delete, Plan, Source, wanted_source
from model_cluster import ModelCluster, model_deployment

UNSCHEDULABLE = {
    "phase": "Pending",
    "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3: Insufficient cpu."}
    ],
}


def pending(**spec: Any) -> ModelCluster:
    """A cluster whose Job has been made and waits."""
    cluster = ModelCluster(model_deployment(**spec))
    cluster.settle()
    return cluster


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": message}}
    return {"phase": "Pending", "containerStatuses": [{"name": "pipeline", "state": state}]}


def set_pod(cluster: ModelCluster, status: dict[str, Any]) -> None:
    cluster.job_pod()["status"] = status
    cluster.settle()


def said(cluster: ModelCluster) -> tuple[str, str]:
    condition = cluster.condition("PipelineSucceeded")
    return condition["status"], condition["reason"]


def job_names(cluster: ModelCluster) -> list[str]:
    return [job["metadata"]["name"] for job in cluster.all("Job")]


# The source


def test_missing_data_is_waited_for_and_no_job_is_made() -> None:
    cluster = ModelCluster(
        model_deployment(data={"uri": "configmap://churn/x.csv"}),
        source=Source("missing", "ConfigMap 'churn' does not exist"),
    )
    cluster.settle()
    assert cluster.plans[-1].requeue_after == 5
    assert not cluster.all("Job")
    assert said(cluster) == ("False", "DataUnavailable")
    assert cluster.condition("PipelineSucceeded")["message"] == "spec.data.uri: ConfigMap 'churn' does not exist"
    assert cluster.condition("Reconciling")["reason"] == "DataUnavailable"
    assert not cluster.condition("Stalled")


def test_data_that_appears_mends_it() -> None:
    cluster = ModelCluster(model_deployment(data={"uri": "pvc://x/y"}), source=Source("missing", "no claim"))
    cluster.settle()
    cluster.source = Source("found")
    cluster.train()
    assert cluster.condition("Ready")["status"] == "True"


def test_a_lookup_that_could_not_be_made_does_not_hold_the_job_up() -> None:
    cluster = ModelCluster(model_deployment(data={"uri": "pvc://x/y"}), source=Source("unknown", "forbidden"))
    cluster.settle()
    assert len(cluster.all("Job")) == 1


def test_data_that_goes_away_later_is_the_runs_affair() -> None:
    cluster = pending(data={"uri": "configmap://churn/x.csv"})
    cluster.source = Source("missing", "gone")
    cluster.settle()
    assert said(cluster) == ("Unknown", "Running")


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"data": {"uri": "configmap://churn/x.csv"}}, DataUri("configmap", "churn", "x.csv")),
        ({"data": {"uri": "pvc://sets/a/b.csv"}}, DataUri("pvc", "sets", "a/b.csv")),
        ({"data": {"uri": "sklearn://wine"}}, None),
        ({"data": {"uri": "configmap://churn/x.csv"}, "suspend": True}, None),
        ({"data": {"uri": "nonsense"}}, None),
        ({"data": {"uri": "configmap://churn/x.csv"}, "typo": 1}, None),
    ],
)
def test_what_has_to_be_looked_up(spec: dict[str, Any], wanted: DataUri | None) -> None:
    assert wanted_source(model_deployment(**spec)) == wanted


def test_nothing_is_looked_up_for_a_trained_or_deleted_resource() -> None:
    cluster = pending(data={"uri": "configmap://churn/x.csv"})
    assert wanted_source(cluster.resource) is not None
    cluster.succeed()
    cluster.settle()
    assert wanted_source(cluster.resource) is None
    deleted = model_deployment(data={"uri": "configmap://churn/x.csv"})
    deleted["metadata"]["deletionTimestamp"] = "2026-11-24T10:00:00Z"
    assert wanted_source(deleted) is None


# While it runs


def test_a_running_job_is_told() -> None:
    cluster = pending()
    set_pod(cluster, {"phase": "Running", "containerStatuses": [{"name": "c", "state": {"running": {}}}]})
    assert said(cluster) == ("Unknown", "Running")
    assert cluster.condition("PipelineSucceeded")["message"] == f"Job {cluster.status['targetRevision']} runs"


def test_an_unschedulable_pod_is_told_in_the_schedulers_words_and_waited_for() -> None:
    cluster = pending()
    set_pod(cluster, UNSCHEDULABLE)
    assert said(cluster) == ("False", "Unschedulable")
    assert "Insufficient cpu" in cluster.condition("PipelineSucceeded")["message"]
    assert cluster.condition("Reconciling")["reason"] == "Unschedulable"
    assert not cluster.condition("Stalled")


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"])
def test_an_image_that_is_not_there_stalls_and_mends_itself(reason: str) -> None:
    cluster = pending(pipeline={"image": "nowhere/x:1"})
    set_pod(cluster, waiting(reason, "told"))
    assert said(cluster) == ("False", "ImageUnavailable")
    assert "'nowhere/x:1'" in cluster.condition("Stalled")["message"]
    assert not cluster.condition("Reconciling")
    assert cluster.status["lastFailure"]["reason"] == "ImageUnavailable"
    cluster.succeed()
    cluster.settle()
    assert cluster.condition("Ready")["status"] == "True"


def test_pulling_again_and_again_is_told_once() -> None:
    cluster = pending()
    cause = 'failed to pull and unpack image "x": not found'
    set_pod(cluster, waiting("ErrImagePull", cause))
    told = cluster.condition("Stalled")["message"]
    cluster.job_pod()["status"] = waiting("ImagePullBackOff", f'Back-off pulling image "x": ErrImagePull: {cause}')
    assert cluster.tick() == Plan()
    assert told.endswith(cause)


def test_back_off_without_a_cause_does_not_repeat_itself() -> None:
    cluster = pending()
    set_pod(cluster, waiting("ImagePullBackOff", 'Back-off pulling image "runtime:1"'))
    assert cluster.condition("Stalled")["message"] == "image 'runtime:1' cannot be had"


def test_a_container_that_cannot_be_made_is_told_while_the_deadline_runs() -> None:
    cluster = pending()
    set_pod(cluster, waiting("CreateContainerConfigError", "configmap not found"))
    assert said(cluster) == ("Unknown", "Running")
    assert "CreateContainerConfigError: configmap not found" in cluster.condition("PipelineSucceeded")["message"]


def test_a_full_volume_is_told_while_it_is_tried_again() -> None:
    cluster = pending()
    result = RunResult(
        run_id=run_id(cluster.status["targetRevision"], cluster.resource["metadata"]["uid"]),
        ok=False,
        failure=RunFailure("VolumeUnavailable", "save_model", "no space left"),
    )
    cluster.end_pod(cluster.job_pod(), 75, result.encode())
    cluster.settle()
    assert said(cluster) == ("False", "VolumeUnavailable")
    assert cluster.condition("Reconciling")["reason"] == "VolumeUnavailable"
    assert "attempt 1 after save_model: no space left" in cluster.condition("PipelineSucceeded")["message"]
    assert cluster.status["lastFailure"]["exitCode"] == 75


def test_a_crash_that_is_tried_again_is_told_and_still_running() -> None:
    cluster = pending()
    cluster.end_pod(cluster.job_pod(), 137, "", "OOMKilled")
    cluster.settle()
    assert said(cluster) == ("Unknown", "Running")
    assert "OOMKilled" in cluster.condition("PipelineSucceeded")["message"]


# How it ends


@pytest.mark.parametrize("reason", ["StepFailed", "DataUnavailable", "VolumeUnavailable", "InvalidSpec"])
def test_a_failed_run_is_told_with_its_location_and_stalls(reason: str) -> None:
    cluster = pending()
    cluster.fail(reason=reason, location="spec.data.target", message="'labl' is not a column")
    cluster.settle()
    assert said(cluster) == ("False", reason)
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
    ("exit_code", "reason", "message", "words"),
    [
        (137, "OOMKilled", "", "OOMKilled"),
        (1, "Error", "Traceback\nValueError: no\n", "exit code 1: ValueError: no"),
        (139, "Error", "", "exit code 139"),
        (2, "Error", "", "exit code 2"),
        (128, "ContainerCannotRun", "", "exit code 128 (ContainerCannotRun)"),
    ],
)
def test_a_run_that_ends_without_a_result_is_told_by_how_it_ended(
    exit_code: int, reason: str, message: str, words: str
) -> None:
    cluster = pending()
    cluster.end_pod(cluster.job_pod(), exit_code, message, reason)
    cluster.end_job(cluster.status["targetRevision"], "Failed", "BackoffLimitExceeded")
    cluster.settle()
    assert said(cluster) == ("False", "StepFailed")
    assert words in cluster.condition("PipelineSucceeded")["message"]
    assert cluster.status["lastFailure"]["exitCode"] == exit_code


def test_an_evicted_pod_is_told() -> None:
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
    assert said(cluster) == ("False", "DeadlineExceeded")
    message = cluster.condition("Stalled")["message"]
    assert "60 s" in message
    assert "Unschedulable: 0/3: Insufficient cpu." in message


def test_a_job_is_failed_as_soon_as_its_controller_has_decided_so() -> None:
    cluster = pending()
    cluster.fail()
    cluster.get("Job", cluster.status["targetRevision"])["status"]["conditions"][0]["type"] = "FailureTarget"
    cluster.settle()
    assert said(cluster) == ("False", "StepFailed")


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
    assert cluster.tick(seconds=60) == Plan()
    assert cluster.status == before


# Results that cannot be believed


def test_a_pods_news_may_come_after_the_jobs() -> None:
    cluster = pending()
    revision = cluster.status["targetRevision"]
    cluster.end_job(revision, "Complete", "")
    plan = cluster.tick()
    assert plan.requeue_after == 2
    assert said(cluster) == ("Unknown", "Running")
    assert "lastFailure" not in cluster.status
    cluster.succeed()
    cluster.settle()
    assert said(cluster) == ("True", "Completed")


def test_a_result_that_is_never_told_is_an_end_and_told_as_one() -> None:
    cluster = pending()
    revision = cluster.status["targetRevision"]
    cluster.remove("Pod", f"{revision}-aaaaa")
    cluster.end_job(revision, "Complete", "")
    cluster.tick(seconds=30)
    assert said(cluster) == ("False", "StepFailed")
    assert "result cannot be found" in cluster.condition("Stalled")["message"]
    assert "Delete the Job" in cluster.condition("Stalled")["message"]


def test_a_known_result_needs_no_pod() -> None:
    cluster = pending()
    cluster.succeed()
    cluster.settle()
    cluster.remove("Pod", cluster.job_pod()["metadata"]["name"])
    assert cluster.tick(seconds=60) == Plan()


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
    assert said(cluster) == ("False", "StepFailed")
    assert "not valid" in cluster.condition("Stalled")["message"]
    assert ("Deployment", "churn") not in cluster.objects


def test_the_result_of_another_run_is_not_taken() -> None:
    cluster = pending()
    cluster.succeed(run_id="churn-other-00000000")
    cluster.tick(seconds=60)
    assert said(cluster) == ("False", "StepFailed")


@pytest.mark.parametrize("message", ["", "not JSON", "{}", '{"v": 2}', '{"v": 1, "run_id": 7}', "[" * 5000])
def test_a_message_that_is_no_result_is_none(message: str) -> None:
    cluster = pending()
    cluster.end_pod(cluster.job_pod(), 0, message)
    cluster.end_job(cluster.status["targetRevision"], "Complete", "")
    cluster.tick(seconds=60)
    assert said(cluster) == ("False", "StepFailed")


def test_pods_of_another_job_of_the_name_are_not_looked_at() -> None:
    cluster = pending()
    cluster.succeed()
    cluster.job_pod()["metadata"]["ownerReferences"][0]["uid"] = "uid-of-an-earlier-job"
    cluster.tick(seconds=60)
    assert said(cluster) == ("False", "StepFailed")


# Another try


def test_a_failed_run_is_not_tried_again_by_itself() -> None:
    cluster = pending()
    cluster.fail()
    cluster.settle()
    assert cluster.tick(seconds=86400) == Plan()


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


def test_a_job_that_is_on_its_way_out_is_waited_for() -> None:
    cluster = pending()
    cluster.fail()
    cluster.settle()
    job = cluster.get("Job", cluster.status["targetRevision"])
    job["metadata"]["deletionTimestamp"] = "2026-11-24T10:00:00Z"
    plan = cluster.tick()
    assert plan.actions == ()
    assert "on its way out" in cluster.condition("Reconciling")["message"]


def test_a_deleted_job_of_a_trained_revision_is_not_missed() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.remove("Job", cluster.status["targetRevision"])
    assert cluster.tick() == Plan()


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
    assert cluster.tick() == Plan()


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


def test_a_job_is_made_once_however_often_it_is_looked_at() -> None:
    cluster = pending()
    for _ in range(5):
        cluster.tick()
    made = [a for plan in cluster.plans for a in plan.actions if isinstance(a, Apply) and a.manifest["kind"] == "Job"]
    assert len(made) == 1
