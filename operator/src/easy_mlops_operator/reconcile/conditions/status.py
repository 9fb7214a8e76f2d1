"""The status that a pass writes, made from the findings of its checks.

`Ready` and `Reconciling`/`Stalled` follow kstatus: while one of the latter is present, it decides; otherwise `Ready`
does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from easy_mlops.contract import StepReport
from easy_mlops.rules.decimals import decimal

from easy_mlops_operator.api.conditions import ConditionType, Reason, make_condition, merge_conditions
from easy_mlops_operator.api.labels import selector_text
from easy_mlops_operator.api.status import (
    MAX_STEPS,
    Artifacts,
    Condition,
    Failure,
    PipelineStatus,
    Revision,
    ServingStatus,
    Status,
    StepStatus,
    StorageStatus,
)
from easy_mlops_operator.api.times import rfc3339
from easy_mlops_operator.reconcile.conditions import assertions
from easy_mlops_operator.reconcile.conditions.assertions import Assertion
from easy_mlops_operator.reconcile.conditions.judgement import Judgement, prediction_logging
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.finding import Finding, Findings
from easy_mlops_operator.reconcile.model import Refusal
from easy_mlops_operator.reconcile.retention.pruning import pruning_status
from easy_mlops_operator.reconcile.views import scaling_problem


def compose(
    context: Context,
    findings: Findings,
    judgement: Judgement,
    revisions: Sequence[Revision],
    refusals: Sequence[Refusal] = (),
) -> Status:
    """The whole status; `refusals` are the writes of this pass that were refused."""
    before = context.resource.status
    asserted: dict[ConditionType, Assertion | None] = {
        ConditionType.READY: assertions.ready(context, findings),
        ConditionType.UP_TO_DATE: assertions.up_to_date(context, findings),
        ConditionType.SERVING: assertions.serving(context, findings),
        ConditionType.SPEC_ACCEPTED: _spec_accepted(findings.gate),
        ConditionType.PIPELINE_SUCCEEDED: assertions.pipeline_succeeded(context, findings),
        ConditionType.MODEL_LOADED: assertions.model_loaded(context, findings),
        ConditionType.THRESHOLDS_MET: judgement.thresholds_met,
        ConditionType.PREDICTION_LOGGING: prediction_logging(context),
    }
    conditions = [*_conditions(context, asserted), *_abnormal(context, findings)]
    return Status(
        observed_generation=context.resource.generation,
        phase=assertions.phase(findings),
        url=assertions.service_url(context),
        active_revision=context.active,
        target_revision=context.target,
        revisions=tuple(revisions),
        pipeline=_pipeline(context, revisions),
        pruning=pruning_status(context, refusals),
        storage=_storage_status(context),
        serving=_serving_status(context),
        observability=judgement.observability,
        evaluations=judgement.evaluations,
        last_failure=_last_failure(context, findings),
        conditions=merge_conditions(before.conditions, conditions),
    )


def _conditions(context: Context, asserted: Mapping[ConditionType, Assertion | None]) -> list[Condition]:
    """One condition for each type that has an assertion. Without one, the previous condition remains, unless it was
    about another revision."""
    before = context.resource.status
    same = (before.target_revision, before.active_revision) == (context.target, context.active)
    made = []
    for type_, assertion in asserted.items():
        previous = before.condition(type_)
        if assertion is not None:
            made.append(_condition(context, type_, assertion))
        elif previous is not None and same:
            made.append(previous)
    return made


def _condition(context: Context, type_: ConditionType, assertion: Assertion) -> Condition:
    truth, reason, message = assertion
    return make_condition(type_, truth, reason, message, generation=context.resource.generation, now=context.now)


def _abnormal(context: Context, findings: Findings) -> list[Condition]:
    finding = findings.decisive
    if finding is None or finding.idle:
        return []
    type_ = ConditionType.STALLED if finding.stalled else ConditionType.RECONCILING
    return [_condition(context, type_, ("True", finding.reason, findings.message))]


def _spec_accepted(gate: Finding | None) -> Assertion:
    if gate is not None and gate.about is ConditionType.SPEC_ACCEPTED:
        return "False", gate.reason, gate.message
    return "True", Reason.VALID, "the spec is valid"


def _storage_status(context: Context) -> StorageStatus | None:
    claim = context.claim
    return None if claim is None else StorageStatus(claim=claim.name, size=claim.size, bound=claim.phase == "Bound")


def _serving_status(context: Context) -> ServingStatus:
    active, live, ready = context.revision(context.active), context.deployment, len(context.ready_pods)
    desired = live.wanted if live is not None else 0
    return ServingStatus(
        replicas=live.replicas if live is not None else 0,
        desired_replicas=desired,
        ready_replicas=ready,
        ready=f"{ready}/{desired}",
        selector=selector_text(context.parent.name),
        autoscaler=scaling_problem(context.observed.autoscaler),
        version=active.version if active is not None else "",
        model_type=active.model_type if active is not None else "",
    )


def _pipeline(context: Context, revisions: Sequence[Revision]) -> PipelineStatus | None:
    """The target's run: from its Job while that exists, otherwise as reported before."""
    record = next((item for item in revisions if item.name == context.target), None)
    before = context.resource.status.pipeline
    previous = before if before is not None and before.job == context.target else None
    if record is None:
        return previous
    artifacts = Artifacts(directory=record.directory, digest=record.digest) if record.directory else None
    base = previous or PipelineStatus(job=record.name, finished_at=record.finished_at)
    run = context.run
    if run is None:
        return base.model_copy(update={"artifacts": artifacts})
    return base.model_copy(
        update={
            "started_at": run.job.started_at,
            "finished_at": run.job.finished_at,
            "artifacts": artifacts,
            "steps": _steps(run.steps) if run.steps or run.state == "running" else base.steps,
        }
    )


def _last_failure(context: Context, findings: Findings) -> Failure | None:
    before = context.resource.status.last_failure
    failures = [
        finding.failure for finding in (findings.gate, findings.pipeline, findings.serving) if finding is not None
    ]
    failure = next((item for item in failures if item is not None), None)
    if failure is None:
        return before
    if failure.time is None:
        undated = before is not None and before.model_copy(update={"time": None}) == failure
        time = before.time if before is not None and undated else rfc3339(context.now)
        failure = failure.model_copy(update={"time": time})
    return failure


def _steps(steps: Sequence[StepReport]) -> tuple[StepStatus, ...]:
    return tuple(
        StepStatus(name=step.name, state=step.state, seconds=decimal(step.seconds), message=step.message)
        for step in steps[:MAX_STEPS]
    )
