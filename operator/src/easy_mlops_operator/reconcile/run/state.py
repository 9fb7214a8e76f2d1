"""The state of a revision's run, from its Job, its pods and their termination messages.

The result of a run is the termination message of its pod. Pods belong to the tenant, so nothing in a message is
trusted that could lead elsewhere: the ID of another run, or a directory outside the volume.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Final, Literal

from easy_mlops.contract import ContractError, RunResult, StepReport, is_digest

from easy_mlops_operator.api.conditions import Reason
from easy_mlops_operator.api.status import Condition, Failure, Revision
from easy_mlops_operator.api.times import parse_time
from easy_mlops_operator.reconcile.containers import how_it_ended, is_out_of_memory, may_be_out_of_memory
from easy_mlops_operator.reconcile.refused_pods import refusal
from easy_mlops_operator.reconcile.views import JobView, PodView, newest_first

PATIENCE: Final = timedelta(seconds=10)
"""How long after the end of a Job its pod's result is waited for."""
LOOK_AGAIN: Final = 2.0
NO_POD_AGAIN: Final = 3.0
"""Seconds until a Job without a pod is looked at again: its pods may be refused, which no watch shows."""
REFUSED_AGAIN: Final = 10.0
"""The same while they are refused, or between two attempts."""
RESULT: Final = "result"
"""Location of a failure that is about the result itself, in `status.lastFailure`."""


@dataclass(frozen=True)
class Run:
    """A run that was started.

    `stuck` while it has not ended but cannot continue without help; `unreported` if it has ended but no pod says how;
    `lost` if that is because its pod is gone, although the Job succeeded.
    """

    job: JobView
    state: Literal["running", "succeeded", "failed"]
    reason: Reason
    message: str
    stuck: bool = False
    unreported: bool = False
    lost: bool = False
    started: bool = False
    result: RunResult | None = None
    failure: Failure | None = None
    steps: tuple[StepReport, ...] = ()
    look_again: float | None = None


def view_run(
    job: JobView,
    pods: Iterable[PodView],
    run_id: str,
    *,
    record: Revision | None,
    previous: Condition | None,
    refused: str = "",
    now: datetime,
) -> Run:
    """The run of a Job. `record` is the revision in status, `previous` the last PipelineSucceeded condition.

    `refused` is the Job controller's message while the API server refuses the Job's pods.
    """
    own = newest_first(pod for pod in pods if pod.owner_uid == job.uid)
    if job.state == "succeeded":
        run = _succeeded(job, own, run_id, record)
    elif job.state == "failed":
        run = _failed(job, own, run_id, record, previous)
    else:
        return _running(job, own, run_id, refused)
    if run.unreported and is_new(job, now):
        message = f"Job {job.revision} has finished; waiting for the termination message of its pod"
        return Run(job, "running", Reason.RUNNING, message, started=True, look_again=LOOK_AGAIN)
    return run


def is_new(job: JobView, now: datetime) -> bool:
    """Whether a Job ended a moment ago: Jobs and pods have different watches, so the Job's event may come first."""
    finished = parse_time(job.finished_at)
    return finished is not None and now - finished < PATIENCE


def _running(job: JobView, pods: Sequence[PodView], run_id: str, refused: str) -> Run:
    started = any(pod.started for pod in pods)
    alive = [pod for pod in pods if pod.phase in ("", "Pending", "Running") and not pod.leaving]
    newest = alive[0] if alive else None
    if newest is None:
        return _without_pod(job, pods, run_id, refused)
    if newest.image_problem:
        problem = Failure(location="pod", reason=Reason.IMAGE_UNAVAILABLE, message=newest.image_problem)
        message = newest.image_problem
        return Run(job, "running", Reason.IMAGE_UNAVAILABLE, message, stuck=True, started=started, failure=problem)
    if newest.unschedulable:
        return Run(job, "running", Reason.UNSCHEDULABLE, newest.unschedulable, started=started)
    failed = _failed_attempt(job, pods, run_id)
    if failed is not None:
        return failed
    if newest.waiting_message:
        message = f"Job {job.revision}: {newest.waiting_reason}: {newest.waiting_message}"
    else:
        message = f"Job {job.revision} {'is running' if started else 'was created'}"
    return Run(job, "running", Reason.RUNNING, message, started=started)


def _without_pod(job: JobView, pods: Sequence[PodView], run_id: str, refused: str) -> Run:
    """The next pod has not been made: it is about to be, or the API server refuses it."""
    if refused:
        message = f"Job {job.revision}: {refusal(refused, job.revision, 'spec.pipeline.resources')}"
        problem = Failure(location="pod", reason=Reason.FAILED_CREATE, message=message)
        return Run(job, "running", Reason.FAILED_CREATE, message, failure=problem, look_again=REFUSED_AGAIN)
    failed = _failed_attempt(job, pods, run_id)
    if failed is not None:
        return replace(failed, look_again=REFUSED_AGAIN)
    return Run(job, "running", Reason.RUNNING, f"Job {job.revision} was created", look_again=NO_POD_AGAIN)


def _failed_attempt(job: JobView, pods: Sequence[PodView], run_id: str) -> Run | None:
    failure = _failure_of(pods, run_id)
    if failure is None:
        return None
    started = any(pod.started for pod in pods)
    attempt = f"attempt {len(pods)} after {failure.location}: {failure.message}"
    temporary = failure.reason == Reason.VOLUME_UNAVAILABLE
    reason = Reason.VOLUME_UNAVAILABLE if temporary else Reason.RUNNING
    return Run(job, "running", reason, attempt, started=started, failure=failure)


def _succeeded(job: JobView, pods: Sequence[PodView], run_id: str, record: Revision | None) -> Run:
    for pod in pods:
        result = _result_of(pod, run_id)
        if result is None or not result.ok:
            continue
        problem = why_invalid(result)
        if problem:
            return _without_result(job, f"the result of the run is invalid: {problem}")
        return Run(job, "succeeded", Reason.COMPLETED, "", started=True, result=result, steps=result.steps)
    if record is not None and record.state == "Succeeded" and record.claim == job.claim_uid:
        return Run(job, "succeeded", Reason.COMPLETED, "", started=True)
    message = (
        f"Job {job.revision} completed, but its result is missing: its pod is gone or has no termination message. "
        "Delete the Job to run it again; artifacts that it published are reused"
    )
    return replace(_without_result(job, message), unreported=True, lost=not pods)


def _without_result(job: JobView, message: str) -> Run:
    failure = Failure(location=RESULT, reason=Reason.STEP_FAILED, message=message, time=job.finished_at)
    return Run(job, "failed", Reason.STEP_FAILED, message, started=True, failure=failure)


def _failed(
    job: JobView, pods: Sequence[PodView], run_id: str, record: Revision | None, previous: Condition | None
) -> Run:
    failure = _failure_of(pods, run_id)
    steps = next((result.steps for pod in pods if (result := _result_of(pod, run_id)) is not None), ())
    unreported = False
    if job.reason == "DeadlineExceeded":
        failure = _late(job, record, previous)
    elif failure is None and record is not None and record.state == "Failed":
        # The pods are gone; status still has what they reported, and `lastFailure`.
        return Run(job, "failed", Reason(record.reason), record.message, started=True)
    elif failure is None:
        unreported = True
        failure = Failure(location="job", reason=Reason.STEP_FAILED, message=job.message or f"Job failed: {job.reason}")
    if failure.time is None:
        failure = failure.model_copy(update={"time": job.finished_at})
    message = f"{failure.location}: {failure.message}" if failure.location else failure.message
    return Run(
        job,
        "failed",
        Reason(failure.reason),
        message,
        unreported=unreported,
        started=any(pod.started for pod in pods),
        failure=failure,
        steps=steps,
    )


def _late(job: JobView, record: Revision | None, previous: Condition | None) -> Failure:
    """After the deadline the pod is deleted, and with it what it waited for; the last condition still has it."""
    if record is not None and record.state == "Failed" and record.reason == Reason.DEADLINE_EXCEEDED:
        message = record.message
    else:
        message = f"not finished within {job.deadline} s (spec.pipeline.activeDeadlineSeconds)"
        if previous is not None and previous.reason in (Reason.UNSCHEDULABLE, Reason.IMAGE_UNAVAILABLE):
            message = f"{message}; last seen: {previous.reason}: {previous.message}"
    return Failure(location="", reason=Reason.DEADLINE_EXCEEDED, message=message, time=job.finished_at)


def _failure_of(pods: Sequence[PodView], run_id: str) -> Failure | None:
    """The failure that the newest failed attempt reported, or what can be concluded from how it ended.

    Of two attempts that were killed, the one of which the node knows that it ran out of memory is reported.
    """
    certain = next((pod.ended for pod in pods if pod.ended is not None and is_out_of_memory(pod.ended)), None)
    for pod in pods:
        ended = pod.ended
        if ended is None or ended.exit_code == 0:
            if pod.evicted:
                return Failure(location="pod", reason=Reason.STEP_FAILED, message=f"was evicted: {pod.evicted}")
            continue
        result = _result_of(pod, run_id)
        if result is not None and result.failure is not None:
            reported = result.failure
            return Failure(
                location=reported.location,
                reason=reported.reason,
                message=reported.message,
                time=ended.finished_at,
                exit_code=ended.exit_code,
            )
        killed = may_be_out_of_memory(ended)
        return Failure(
            location="container",
            reason=Reason.OUT_OF_MEMORY if killed else Reason.STEP_FAILED,
            message=how_it_ended(certain if killed and certain is not None else ended, "spec.pipeline.resources"),
            time=ended.finished_at,
            exit_code=ended.exit_code,
        )
    return None


def _result_of(pod: PodView, run_id: str) -> RunResult | None:
    """The result in the pod's termination message, if it is one and of this very run."""
    result = result_of_any_run(pod)
    return result if result is not None and result.run_id == run_id else None


def result_of_any_run(pod: PodView) -> RunResult | None:
    """The result in the pod's termination message, if it is one, of whatever run."""
    try:
        return RunResult.decode(pod.ended.message) if pod.ended is not None else None
    except ContractError:
        return None


def why_invalid(result: RunResult) -> str:
    """Why a result must not be used; empty if it may be."""
    path = PurePosixPath(result.directory)
    if not result.directory or path.is_absolute() or ".." in path.parts or len(result.directory) > 512:
        return f"directory {result.directory[:80]!r} is not a path inside the volume"
    return "" if is_digest(result.digest) else f"digest {result.digest[:80]!r} is not a SHA-256"
