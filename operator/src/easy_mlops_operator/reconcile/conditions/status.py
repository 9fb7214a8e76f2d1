"""The status that a pass writes, made from the findings of its checks.

`Ready` and `Reconciling`/`Stalled` follow kstatus: while one of the latter is present, it decides; otherwise `Ready`
does.
"""

from __future__ import annotations

from collections.abc import Sequence

from easy_mlops.contract import StepReport
from easy_mlops.rules.decimals import decimal

from easy_mlops_operator.api.conditions import ConditionType, Reason, make_condition, merge_conditions
from easy_mlops_operator.api.labels import selector_text
from easy_mlops_operator.api.names import service_name
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
    Truth,
)
from easy_mlops_operator.api.times import rfc3339
from easy_mlops_operator.reconcile.acceptance import Accepted
from easy_mlops_operator.reconcile.conditions.judgement import judge_active, prediction_logging
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.finding import Finding, Findings
from easy_mlops_operator.reconcile.model import Refusal
from easy_mlops_operator.reconcile.retention.pruning import pruning_status
from easy_mlops_operator.reconcile.views import scaling_problem

_Assertion = tuple[Truth, Reason, str]


def compose(
    context: Context, findings: Findings, revisions: Sequence[Revision], refusal: Refusal | None = None
) -> Status:
    """The whole status; `refusal` is a write of this pass that was refused."""
    before = context.resource.status
    judgement = judge_active(context)
    assertions: dict[ConditionType, _Assertion | None] = {
        ConditionType.READY: _ready(context, findings),
        ConditionType.SERVING: _serving(context),
        ConditionType.SPEC_ACCEPTED: _spec_accepted(findings.gate),
        ConditionType.PIPELINE_SUCCEEDED: _pipeline_succeeded(context, findings),
        ConditionType.MODEL_LOADED: _model_loaded(context, findings),
        ConditionType.THRESHOLDS_MET: judgement.thresholds_met,
        ConditionType.PREDICTION_LOGGING: prediction_logging(context),
    }
    conditions = [*_conditions(context, assertions), *_abnormal(context, findings)]
    return Status(
        observed_generation=context.resource.generation,
        phase=_phase(findings),
        url=_url(context),
        active_revision=context.active,
        target_revision=context.target,
        revisions=tuple(revisions),
        pipeline=_pipeline(context, revisions),
        pruning=pruning_status(context, refusal),
        serving=_serving_status(context),
        observability=judgement.observability,
        evaluations=judgement.evaluations,
        last_failure=_last_failure(context, findings),
        conditions=merge_conditions(before.conditions, conditions),
    )


def _conditions(context: Context, assertions: dict[ConditionType, _Assertion | None]) -> list[Condition]:
    """One condition for each type that has an assertion; without one, the previous condition remains."""
    made = []
    for type_, assertion in assertions.items():
        previous = context.resource.status.condition(type_)
        if assertion is not None:
            made.append(_condition(context, type_, assertion))
        elif previous is not None:
            made.append(previous)
    return made


def _condition(context: Context, type_: ConditionType, assertion: _Assertion) -> Condition:
    truth, reason, message = assertion
    return make_condition(type_, truth, reason, message, generation=context.resource.generation, now=context.now)


def _abnormal(context: Context, findings: Findings) -> list[Condition]:
    finding = findings.decisive
    if finding is None or finding.idle:
        return []
    type_ = ConditionType.STALLED if finding.stalled else ConditionType.RECONCILING
    return [_condition(context, type_, ("True", finding.reason, findings.message))]


def _ready(context: Context, findings: Findings) -> _Assertion:
    finding, answers = findings.decisive, bool(context.ready_pods)
    if finding is None:
        return "True", Reason.SERVING, f"{context.target} is serving at {_url(context)}"
    if finding.reason is Reason.SUSPENDED:
        before = context.resource.status.condition(ConditionType.READY)
        if answers and before is not None and before.status == "True":
            return "True", Reason.SERVING, f"{context.active} is serving; {findings.message}"
        return "False", Reason.SUSPENDED, findings.message
    if finding.stalled or finding.idle:
        return "False", finding.ready, findings.message
    if answers and not findings.fallback.serves:
        return "True", Reason.SERVING, f"{context.active} is serving; {findings.message}"
    served_before = finding.ready is Reason.PROGRESSING and context.active == context.target != ""
    return "False", Reason.NO_READY_REPLICAS if served_before else finding.ready, findings.message


def _serving(context: Context) -> _Assertion:
    count = len(context.ready_pods)
    if context.observed.service is None:
        return "False", Reason.NO_ENDPOINTS, "the Service does not exist yet"
    if not count:
        return "False", Reason.NO_ENDPOINTS, "no scoring pod is ready"
    return "True", Reason.ENDPOINTS_AVAILABLE, f"{count} pod{'s' * (count > 1)} ready at {_url(context)}"


def _spec_accepted(gate: Finding | None) -> _Assertion:
    if gate is not None and gate.about is ConditionType.SPEC_ACCEPTED:
        return "False", gate.reason, gate.message
    return "True", Reason.VALID, "the spec is valid"


def _pipeline_succeeded(context: Context, findings: Findings) -> _Assertion | None:
    for finding in (findings.gate, findings.pipeline):
        if finding is not None:
            about_it = finding.about is ConditionType.PIPELINE_SUCCEEDED
            return (finding.truth, finding.reason, finding.message) if about_it else None
    record = context.usable(context.target)
    if record is None:
        return None
    return "True", Reason.COMPLETED, f"{record.name} is trained and verified in {record.directory}"


def _model_loaded(context: Context, findings: Findings) -> _Assertion | None:
    served = context.served if findings.gate is None else None
    if served is None:
        return None
    loaded = sum(pod.ready for pod in context.scoring_pods(served.name))
    finding = findings.serving
    if finding is not None and (finding.stalled or not loaded):
        return finding.truth, finding.reason, finding.message
    return "True", Reason.LOADED, f"{served.name} is verified and loaded by {loaded} pod{'s' * (loaded > 1)}"


def _phase(findings: Findings) -> str:
    finding = findings.decisive
    if finding is None:
        return "Serving"
    if finding.reason is Reason.SUSPENDED:
        return "Suspended"
    if finding.stalled:
        return "Failed"
    if finding.idle:
        return "Idle"
    if finding is findings.pipeline and finding.reason in (Reason.RUNNING, Reason.UNSCHEDULABLE):
        return "Training"
    return "Deploying" if finding is findings.serving else "Pending"


def _url(context: Context) -> str:
    if context.observed.service is None:
        return ""
    if not isinstance(context.spec, Accepted):
        return context.resource.status.url
    parent = context.parent
    return f"http://{service_name(parent.name)}.{parent.namespace}.svc:{context.wanted.serving.port}"


def _serving_status(context: Context) -> ServingStatus:
    active = context.revision(context.active)
    return ServingStatus(
        replicas=context.deployment.replicas if context.deployment is not None else 0,
        desired_replicas=context.deployment.wanted if context.deployment is not None else 0,
        ready_replicas=len(context.ready_pods),
        selector=selector_text(context.parent.name),
        autoscaler=scaling_problem(context.observed.autoscaler),
        version=active.version if active is not None else "",
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
