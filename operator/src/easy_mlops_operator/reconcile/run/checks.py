"""The checks of the target revision's run: does its data exist, has it a Job, and how did that end?"""

from __future__ import annotations

from dataclasses import replace

from easy_mlops_operator.api.conditions import ConditionType, Reason
from easy_mlops_operator.api.times import rfc3339
from easy_mlops_operator.builders import build_config, build_job, pipeline_hash
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.damage import attempt_of, expected_run, trained_again_at
from easy_mlops_operator.reconcile.diff import stamped
from easy_mlops_operator.reconcile.finding import NOTHING, Finding, Step
from easy_mlops_operator.reconcile.gates import LOOK_AGAIN
from easy_mlops_operator.reconcile.model import Apply, Delete
from easy_mlops_operator.reconcile.run.state import RESULT, Run
from easy_mlops_operator.reconcile.views import ClaimView, JobView


def check_damage(context: Context) -> Step:
    """A damaged target is trained again at once, then after longer and longer pauses, and not for ever."""
    record = context.revision(context.target)
    if record is None or not record.is_damaged or context.run is not None:
        return NOTHING
    due = trained_again_at(record)
    if due is not None and due <= context.now:
        return NOTHING
    if due is None:
        again = (
            f"it was damaged {len(record.damaged)} times and is not trained again: find out what changes files on the "
            "volume, then set or change spec.pipeline.rerun"
        )
    else:
        again = f"it is trained again at {rfc3339(due)}"
    finding = Finding(
        about=ConditionType.PIPELINE_SUCCEEDED,
        reason=Reason.DIGEST_MISMATCH,
        message=f"{record.message}; {again}",
        ready=Reason.PIPELINE_FAILED,
        stalled=due is None,
        requeue_after=(due - context.now).total_seconds() if due is not None else None,
    )
    return Step(finding=finding)


def check_source(context: Context) -> Step:
    """A Job is created only once the data and plugins that it reads exist."""
    if not needs_job(context) or context.observed.source.state != "missing":
        return NOTHING
    return Step(
        finding=Finding(
            about=ConditionType.PIPELINE_SUCCEEDED,
            reason=Reason.DATA_UNAVAILABLE,
            message=context.observed.source.message,
            requeue_after=LOOK_AGAIN,
        )
    )


def check_job(context: Context) -> Step:
    """The target is trained by exactly one Job, and by none if its artifacts exist already."""
    if needs_job(context):
        if any(item.name == context.target for item in context.leftovers):
            message = (
                f"artifacts of {context.target} are being removed, as an old revision; it is trained again afterwards"
            )
            return Step(finding=_waiting(message))
        return _make(context)
    job = context.job
    if job is None:
        return NOTHING
    if job.leaving:
        message = f"Job {job.revision} is being deleted and will be recreated"
        return Step(finding=_waiting(message))
    why = _stale(context, job)
    if why:
        message = f"Job {job.revision} is being recreated: {why}"
        return Step((_delete(context, job),), _waiting(message))
    if context.run is None:
        return NOTHING
    if context.run.lost and not _lost_before(context, job):
        message = f"Job {job.revision} is being recreated: its pod was deleted before its result was read"
        return Step((_delete(context, job),), replace(_waiting(message), failure=context.run.failure))
    return _ended(context, context.run)


def _lost_before(context: Context, job: JobView) -> bool:
    """Whether a result of this revision was lost before: a second Job reuses what was published."""
    last = context.resource.status.last_failure
    return last is not None and last.location == RESULT and job.revision in last.message


def needs_job(context: Context) -> bool:
    """Whether a Job has to be created: there is none, and the target is not trained or its artifacts are damaged."""
    return context.job is None and context.usable(context.target) is None


def _make(context: Context) -> Step:
    target, wanted = context.target, context.wanted
    image = wanted.pipeline.image or context.settings.runtime_image
    config = stamped(build_config(context.parent, target, context.accepted.raw))
    job = stamped(
        build_job(
            context.parent,
            target,
            pipeline=wanted.pipeline,
            data=context.accepted.data,
            claim=context.mount,
            image=image,
            pull_policy=context.settings.image_pull_policy,
            attempt=attempt_of(context.revision(target)),
        )
    )
    actions = (Apply(job),) if context.has_config(target) else (Apply(config), Apply(job))
    return Step(actions, _waiting(f"Job {target} was created{_again(context)}"), making=target)


def _stale(context: Context, job: JobView) -> str:
    """Why the target's Job is outdated: it used another claim, or the part of the spec that blocked it has changed."""
    if context.claim is not None and job.claim_uid != context.claim.uid:
        return "" if context.usable(context.target) else "its claim was replaced"
    record = context.revision(context.target)
    if job.run_id != expected_run(record, context.target, context.parent.uid):
        return f"{record.directory if record else 'its directory'} is damaged"
    is_blocked = context.run is not None and (
        context.run.state == "failed" or (context.run.state == "running" and not context.run.started)
    )
    if is_blocked and job.pipeline_hash != pipeline_hash(context.wanted.pipeline):
        return "spec.pipeline has changed"
    return ""


def _ended(context: Context, run: Run) -> Step:
    if run.state == "running":
        missing = () if context.has_config(context.target) else (_config(context),)
        finding = _failed(run) if run.stuck else _going_on(context, run)
        return Step(missing, replace(finding, message=f"{finding.message}{_again(context)}"))
    if run.state == "failed":
        return Step(finding=_failed(run))
    return NOTHING


def _again(context: Context) -> str:
    """What the message of a run adds when it replaces damaged artifacts."""
    record = context.revision(context.target)
    if record is None or not record.is_damaged:
        return ""
    return f"; it replaces {record.directory}, which is damaged and is kept as it is"


def _config(context: Context) -> Apply:
    return Apply(stamped(build_config(context.parent, context.target, context.accepted.raw)))


def _failed(run: Run) -> Finding:
    return Finding(
        about=ConditionType.PIPELINE_SUCCEEDED,
        reason=run.reason,
        message=run.message,
        ready=Reason.PIPELINE_FAILED,
        stalled=True,
        failure=run.failure,
    )


def _going_on(context: Context, run: Run) -> Finding:
    problem = context.observed.claim_problem if not run.started else ""
    reason = Reason.VOLUME_UNAVAILABLE if problem else run.reason
    return Finding(
        about=ConditionType.PIPELINE_SUCCEEDED,
        truth="Unknown" if reason is Reason.RUNNING else "False",
        reason=reason,
        message=f"claim {context.mount.name} has no volume: {problem}"
        if problem
        else f"{run.message}{_unbound(run, context.claim)}",
        requeue_after=LOOK_AGAIN if run.reason is Reason.UNSCHEDULABLE and not problem else run.look_again,
        failure=run.failure,
    )


def _unbound(run: Run, claim: ClaimView | None) -> str:
    """What the scheduler's message omits: which claim, and its storage class."""
    if claim is None or claim.phase != "Pending" or "PersistentVolumeClaim" not in run.message:
        return ""
    return f"; claim {claim.name} is not bound to a volume yet, storage class {claim.storage_class or '(none)'}"


def _waiting(message: str) -> Finding:
    return Finding(about=ConditionType.PIPELINE_SUCCEEDED, truth="Unknown", reason=Reason.RUNNING, message=message)


def _delete(context: Context, job: JobView) -> Delete:
    return Delete("batch/v1", "Job", context.parent.namespace, job.revision, job.uid)


PIPELINE = (check_damage, check_source, check_job)
