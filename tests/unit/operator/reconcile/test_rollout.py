"""Pods of a revision: rolled out, repaired, and reported with a reason; what serves is never removed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from easy_mlops.contract import LoadFailure
from easy_mlops_operator.api.times import rfc3339
from easy_mlops_operator.reconcile import Apply, Event, Settings
from model_cluster import ModelCluster, Pass, model_deployment


def trained(**spec: Any) -> ModelCluster:
    """A cluster whose model is trained and whose first pod is not ready yet."""
    cluster = ModelCluster(model_deployment(**spec))
    cluster.settle()
    cluster.succeed()
    cluster.tick()
    cluster.roll_out(ready=False)
    cluster.tick()
    return cluster


def serving(**spec: Any) -> ModelCluster:
    cluster = ModelCluster(model_deployment(**spec))
    cluster.train()
    return cluster


def crash(
    pod: dict[str, Any],
    message: str = "",
    exit_code: int = 1,
    reason: str = "Error",
    *,
    back_off: bool = False,
    restarts: int = 1,
    ready_since: str | None = None,
    seconds: int = 5,
) -> None:
    """A scoring pod's container has ended after some seconds, and is started again or is ready again."""
    state = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}} if back_off else {"running": {}}
    began = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    ended = {
        "exitCode": exit_code,
        "reason": reason,
        "message": message,
        "startedAt": rfc3339(began),
        "finishedAt": rfc3339(began + timedelta(seconds=seconds)),
    }
    container = {"name": "serving", "state": state, "lastState": {"terminated": ended}, "restartCount": restarts}
    ready = {"type": "Ready", "status": str(ready_since is not None), "lastTransitionTime": ready_since}
    pod["status"] = {"phase": "Running", "conditions": [ready], "containerStatuses": [container]}


def loaded(cluster: ModelCluster) -> tuple[str, str]:
    condition = cluster.condition("ModelLoaded")
    return condition["status"], condition["reason"]


def kinds(plan: Pass) -> list[str]:
    return [action.manifest["kind"] for action in plan.actions if isinstance(action, Apply)]


def test_until_a_pod_is_ready_it_is_being_rolled_out() -> None:
    cluster = trained()
    assert loaded(cluster) == ("Unknown", "Progressing")
    assert cluster.condition("Ready")["reason"] == "Progressing"
    assert cluster.condition("Serving")["reason"] == "NoEndpoints"
    assert cluster.condition("Reconciling")["message"].startswith("0 of 1 pods serve churn-")


def test_a_deployment_that_is_seen_before_its_pods_does_not_make_it_ready() -> None:
    cluster = trained()
    cluster.get("Deployment")["status"] |= {"readyReplicas": 1}
    cluster.tick()
    assert (cluster.condition("Ready")["status"], cluster.condition("Serving")["status"]) == ("False", "False")
    assert cluster.condition("Reconciling")["message"].startswith("0 of 1 pods serve churn-")
    cluster.roll_out()
    cluster.tick()
    assert (cluster.condition("Ready")["status"], cluster.condition("Serving")["status"]) == ("True", "True")


@pytest.mark.parametrize("reason", ["VersionMismatch", "LoadFailed"])
@pytest.mark.parametrize("back_off", [False, True])
def test_a_model_that_cannot_be_loaded_stalls_with_the_pods_message(reason: Any, back_off: bool) -> None:
    cluster = trained()
    crash(cluster.scoring_pods()[0], LoadFailure(reason, "model.joblib is not what it was").encode(), back_off=back_off)
    cluster.tick()
    assert loaded(cluster) == ("False", reason)
    assert "model.joblib is not what it was" in cluster.condition("Stalled")["message"]
    assert cluster.condition("Ready")["reason"] == "NoReadyReplicas"
    assert cluster.condition("PipelineSucceeded")["status"] == "True"
    failure = cluster.status["lastFailure"]
    assert (failure["location"], failure["reason"], failure["exitCode"]) == ("serving", reason, 1)


@pytest.mark.parametrize("restarts", [0, 1, 2])
@pytest.mark.parametrize("back_off", [True, False])
def test_first_crashes_are_reported_and_left_to_the_kubelet(restarts: int, back_off: bool) -> None:
    cluster = trained()
    crash(cluster.scoring_pods()[0], exit_code=3, restarts=restarts, back_off=back_off)
    cluster.tick()
    assert loaded(cluster) == ("False", "LoadFailed")
    assert "ended with exit code 3 before it was ready" in cluster.condition("Reconciling")["message"]
    assert not cluster.condition("Stalled")


@pytest.mark.parametrize(
    ("ended", "text"),
    [
        ({"exit_code": 137, "reason": "OOMKilled"}, "(OOMKilled); raise spec.serving.resources.limits.memory"),
        ({"exit_code": 137}, "did not report OOMKilled; if so, raise spec.serving.resources.limits.memory"),
        ({"exit_code": 3, "message": "boom\nlast words\n"}, "again and again: it ended with exit code 3: last words"),
        ({"exit_code": 139}, "exit code 139"),
    ],
)
def test_crashing_again_and_again_stalls(ended: dict[str, Any], text: str) -> None:
    cluster = trained()
    crash(cluster.scoring_pods()[0], **ended, restarts=3)
    cluster.tick()
    assert loaded(cluster) == ("False", "LoadFailed")
    assert text in cluster.condition("Stalled")["message"]


def test_a_crash_loop_is_one_state_with_two_events() -> None:
    """Whether the container waits, starts or answers for a moment makes no difference."""
    cluster = trained()
    [pod] = cluster.scoring_pods()
    events: list[Event] = []
    states = []
    for restarts in range(8):
        moment = rfc3339(cluster.now)
        for change in ({"back_off": True}, {"back_off": False}, {"ready_since": moment}):
            if "ready_since" in change and restarts < 3:
                continue
            crash(pod, exit_code=137, reason="OOMKilled", restarts=restarts, **change)
            cluster.count_pods()
            events += cluster.tick(seconds=10).events
            states.append((bool(cluster.condition("Stalled")), *loaded(cluster), cluster.status["phase"]))
    assert [event.reason for event in events] == ["LoadFailed", "NoReadyReplicas"]
    assert states == [(False, "False", "LoadFailed", "RollingOut")] * 6 + [(True, "False", "LoadFailed", "Failed")] * 15


def test_a_crash_loop_is_over_after_a_healthy_minute() -> None:
    cluster = trained()
    cluster.roll_out()
    [pod] = cluster.scoring_pods()
    crash(pod, exit_code=1, restarts=5, ready_since=rfc3339(cluster.now))
    cluster.get("Deployment")["status"]["readyReplicas"] = 1
    assert cluster.tick(seconds=20).requeue_after == 40
    assert cluster.condition("Stalled")
    cluster.tick(seconds=40)
    cluster.settle()
    assert cluster.condition("Ready")["status"] == "True"
    assert not cluster.condition("Stalled")


def test_restarts_of_long_ago_make_no_loop() -> None:
    cluster = trained()
    crash(cluster.scoring_pods()[0], exit_code=1, restarts=5, seconds=3600)
    cluster.tick()
    assert not cluster.condition("Stalled")


def test_a_pod_that_becomes_ready_after_all_fixes_it() -> None:
    cluster = trained()
    crash(cluster.scoring_pods()[0], back_off=True)
    cluster.tick()
    cluster.roll_out()
    cluster.settle()
    assert cluster.condition("Ready")["status"] == "True"
    assert not cluster.condition("Stalled")
    assert loaded(cluster) == ("True", "Loaded")


def test_an_image_that_cannot_be_pulled_stalls() -> None:
    cluster = trained()
    cluster.scoring_pods()[0]["status"] = {
        "phase": "Pending",
        "containerStatuses": [{"name": "serving", "state": {"waiting": {"reason": "ErrImagePull", "message": "no"}}}],
    }
    cluster.tick()
    assert loaded(cluster) == ("False", "ImageUnavailable")
    assert "image 'runtime:1' cannot be pulled: no" in cluster.condition("Stalled")["message"]


def test_a_pod_without_a_node_is_waited_for() -> None:
    cluster = trained()
    scheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no node"}
    cluster.scoring_pods()[0]["status"] = {"phase": "Pending", "conditions": [scheduled]}
    cluster.tick()
    assert loaded(cluster) == ("Unknown", "Unschedulable")
    assert cluster.condition("Reconciling")["reason"] == "Unschedulable"


def test_a_rollout_without_progress_stalls() -> None:
    cluster = trained()
    cluster.get("Deployment")["status"]["conditions"] = [
        {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "has timed out"}
    ]
    cluster.tick()
    assert loaded(cluster) == ("False", "NoReadyReplicas")
    assert "has timed out" in cluster.condition("Stalled")["message"]


def test_an_older_revision_keeps_serving_beside_one_that_cannot_be_loaded() -> None:
    cluster = serving()
    first = cluster.status["activeRevision"]
    cluster.change(training={"cv_folds": 3})
    cluster.settle()
    cluster.succeed()
    cluster.tick()
    cluster.roll_out(ready=False)
    crash(
        next(
            pod
            for pod in cluster.scoring_pods()
            if "Ready" not in str(pod["status"].get("conditions"))
            or pod["status"]["conditions"][-1]["status"] == "False"
        ),
        LoadFailure("LoadFailed", "no").encode(),
    )
    cluster.tick()
    assert loaded(cluster) == ("False", "LoadFailed")
    assert cluster.condition("Serving")["status"] == "True"
    assert cluster.condition("Ready")["status"] == "False"
    assert cluster.status["activeRevision"] == first


def test_while_a_new_revision_comes_up_the_old_one_is_the_active_one() -> None:
    cluster = serving()
    first = cluster.status["activeRevision"]
    cluster.change(training={"cv_folds": 3})
    cluster.settle()
    assert cluster.condition("Ready")["status"] == "True"
    assert cluster.condition("Reconciling")["reason"] == "Running"
    cluster.succeed()
    cluster.tick()
    cluster.roll_out(ready=False)
    cluster.tick()
    assert cluster.status["activeRevision"] == first
    assert cluster.condition("Serving")["status"] == "True"
    cluster.roll_out()
    cluster.settle()
    assert cluster.status["activeRevision"] == cluster.status["targetRevision"] != first


def test_without_a_ready_pod_a_served_revision_has_no_ready_replicas() -> None:
    cluster = serving()
    cluster.scoring_pods()[0]["status"] = {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}
    cluster.get("Deployment")["status"]["readyReplicas"] = 0
    cluster.tick()
    assert cluster.condition("Ready")["reason"] == "NoReadyReplicas"
    assert cluster.condition("Serving")["status"] == "False"
    assert cluster.status["activeRevision"] == cluster.status["targetRevision"]


def test_some_pods_of_several_answer_and_the_rest_is_waited_for() -> None:
    cluster = serving(serving={"replicas": 2})
    cluster.scoring_pods()[1]["status"] = {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}
    cluster.get("Deployment")["status"]["readyReplicas"] = 1
    cluster.tick()
    assert cluster.condition("Ready")["status"] == "True"
    assert cluster.condition("Reconciling")["message"].startswith("1 of 2 pods serve")
    assert loaded(cluster) == ("True", "Loaded")


def test_pods_that_are_being_deleted_do_not_count() -> None:
    cluster = serving()
    cluster.scoring_pods()[0]["metadata"]["deletionTimestamp"] = "2026-11-24T10:00:00Z"
    cluster.tick()
    assert cluster.condition("Serving")["status"] == "False"


def test_no_pods_asked_for_is_not_ready_and_no_failure() -> None:
    cluster = serving(serving={"replicas": 0})
    assert (cluster.condition("Ready")["status"], cluster.condition("Ready")["reason"]) == ("False", "NoReadyReplicas")
    assert not cluster.condition("Reconciling")
    assert not cluster.condition("Stalled")
    assert cluster.status["phase"] == "Idle"


def test_scaling_makes_no_new_revision() -> None:
    cluster = serving()
    cluster.change(serving={"replicas": 3})
    cluster.settle()
    assert cluster.status["serving"]["readyReplicas"] == 3
    assert len(cluster.all("Job")) == 1


def test_replicas_are_left_to_others_unless_asked_for() -> None:
    cluster = serving()
    cluster.get("Deployment")["spec"]["replicas"] = 4
    cluster.roll_out()
    cluster.settle()
    assert cluster.get("Deployment")["spec"]["replicas"] == 4
    assert cluster.status["serving"]["replicas"] == 4


def test_replicas_that_were_asked_for_are_kept() -> None:
    cluster = serving(serving={"replicas": 2})
    cluster.get("Deployment")["spec"]["replicas"] = 4
    assert kinds(cluster.tick()) == ["Deployment"]


@pytest.mark.parametrize("kind", ["Deployment", "Service"])
def test_a_deleted_child_comes_back(kind: str) -> None:
    cluster = serving()
    cluster.remove(kind)
    assert kinds(cluster.tick()) == [kind]
    cluster.settle()
    assert cluster.condition("Ready")["status"] == "True"


@pytest.mark.parametrize(
    ("kind", "drift"),
    [
        ("Deployment", lambda spec: spec["template"]["spec"]["containers"][0].update(image="other")),
        ("Deployment", lambda spec: spec["template"]["spec"].update(automountServiceAccountToken=True)),
        ("Deployment", lambda spec: spec["strategy"]["rollingUpdate"].update(maxUnavailable=1)),
        ("Service", lambda spec: spec["selector"].update({"easymlops.dev/modeldeployment": "other"})),
        ("Service", lambda spec: spec["ports"][0].update(port=1)),
    ],
)
def test_drift_is_repaired(kind: str, drift: Any) -> None:
    cluster = serving()
    drift(cluster.get(kind)["spec"])
    assert kinds(cluster.tick()) == [kind]


def test_the_served_revision_is_repaired_while_another_one_is_trained_or_has_failed() -> None:
    cluster = serving()
    cluster.change(training={"cv_folds": 3}, serving={"replicas": 2})
    cluster.settle()
    cluster.fail()
    cluster.settle()
    assert cluster.status["serving"]["readyReplicas"] == 2
    cluster.remove("Deployment")
    cluster.settle()
    assert cluster.condition("Serving")["status"] == "True"
    assert cluster.condition("Stalled")["reason"] == "StepFailed"


def test_an_upgrade_of_the_operator_restarts_no_pod_and_makes_no_job() -> None:
    cluster = serving()
    cluster.settings = Settings(runtime_image="runtime:2", image_pull_policy="Always")
    assert cluster.tick() == Pass()


def test_a_revision_is_served_with_the_image_that_trained_it() -> None:
    cluster = serving()
    cluster.settings = Settings(runtime_image="runtime:2")
    cluster.remove("Deployment")
    cluster.settle()
    assert cluster.get("Deployment")["spec"]["template"]["spec"]["containers"][0]["image"] == "runtime:1"


def test_more_memory_for_crashing_pods_is_a_rollout_and_no_longer_a_failure() -> None:
    cluster = trained()
    crash(cluster.scoring_pods()[0], exit_code=137, reason="OOMKilled", restarts=3)
    cluster.tick()
    assert cluster.condition("Stalled")
    cluster.change(serving={"resources": {"limits": {"memory": "2Gi"}}})
    cluster.tick()
    assert not cluster.condition("Stalled")
    cluster.now = cluster.now.replace(hour=11)
    cluster.roll_out(ready=False)
    cluster.get("Deployment")["status"]["updatedReplicas"] = 1
    cluster.tick()
    assert not cluster.condition("Stalled")
    assert cluster.condition("Reconciling")


def test_a_complete_rollout_is_believed_before_its_pods_are_seen_to_be_ready() -> None:
    cluster = ModelCluster()
    cluster.settle()
    cluster.succeed()
    cluster.tick()
    cluster.roll_out()
    for pod in cluster.scoring_pods():
        pod["status"] = {"phase": "Pending"}
    cluster.settle()
    assert cluster.condition("Ready")["status"] == cluster.condition("Serving")["status"] == "True"
    assert cluster.status["activeRevision"] == cluster.status["targetRevision"]
