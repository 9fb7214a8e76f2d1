"""What a pass asserts of serving and of the target: status, reason and message of the conditions about them.

All of them are about the present generation: while it does not serve, no condition says so of an earlier one.
"""

from __future__ import annotations

from typing import Final

from easy_mlops_operator.api.conditions import ConditionType, Reason
from easy_mlops_operator.api.names import service_name
from easy_mlops_operator.api.status import Truth
from easy_mlops_operator.reconcile.acceptance import Accepted
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.finding import Finding, Findings
from easy_mlops_operator.reconcile.live import FAILS, why_model_fails

Assertion = tuple[Truth, Reason, str]

_WAITS: Final = frozenset(
    {
        Reason.DATA_UNAVAILABLE,
        Reason.VOLUME_UNAVAILABLE,
        Reason.UNSCHEDULABLE,
        Reason.IMAGE_UNAVAILABLE,
        Reason.FAILED_CREATE,
        Reason.DIGEST_MISMATCH,
    }
)
"""Reasons of a run or of a rollout that waits for something outside of it."""
_UP_TO_DATE: Final = {
    "Serving": Reason.ROLLED_OUT,
    "Idle": Reason.ROLLED_OUT,
    "Training": Reason.TRAINING,
    "RollingOut": Reason.ROLLING_OUT,
    "Waiting": Reason.WAITING,
    "Suspended": Reason.HELD,
    "Failed": Reason.FAILED,
}
"""Reason of `UpToDate` by phase."""


def phase(findings: Findings) -> str:
    """The state of the resource in one word: a key of the table above."""
    finding = findings.decisive
    if finding is None:
        return "Serving"
    if finding.reason is Reason.SUSPENDED:
        return "Suspended"
    if finding.stalled:
        return "Failed"
    if finding.idle:
        return "Failed" if finding.reason is Reason.MODEL_FAILS else "Idle"
    if finding.reason in _WAITS or finding is findings.gate:
        return "Waiting"
    return "Training" if finding is findings.pipeline else "RollingOut"


def ready(context: Context, findings: Findings) -> Assertion:
    """Whether predictions are served, be it by an earlier revision while the target is on its way."""
    finding, answers = findings.decisive, bool(context.endpoints)
    if finding is None:
        return "True", Reason.SERVING, f"{context.target} is serving at {service_url(context)}"
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


def up_to_date(context: Context, findings: Findings) -> Assertion:
    """Whether the present generation is what serves.

    Once it is, it stays so while only the number of its pods differs: when an autoscaler adds some, or one is replaced.
    """
    finding, word = findings.decisive, phase(findings)
    if word == "Serving":
        return "True", Reason.ROLLED_OUT, f"{context.target} is rolled out"
    if finding is not None and finding.idle and word != "Suspended":
        return "True", Reason.ROLLED_OUT, f"{context.target} is rolled out; {finding.message}"
    if word == "RollingOut" and _was_rolled_out(context):
        return "True", Reason.ROLLED_OUT, f"{context.target} is rolled out; {findings.message}"
    return "False", _UP_TO_DATE[word], findings.message


def serving(context: Context, findings: Findings) -> Assertion:
    """Whether the Service has an endpoint, and why not."""
    service, count = context.service, len(context.endpoints)
    if service is None:
        return "False", Reason.NO_ENDPOINTS, "the Service does not exist yet"
    if isinstance(context.spec, Accepted) and context.wanted.serving.port not in service.ports:
        ports = ", ".join(map(str, service.ports)) or "none"
        return (
            "False",
            Reason.NO_ENDPOINTS,
            f"the Service has port {ports} instead of {context.wanted.serving.port}",
        )
    if not count:
        ready_pods = len(context.ready_pods)
        if ready_pods:
            return "False", Reason.NO_ENDPOINTS, f"the Service has no endpoint; {_pods(ready_pods)} ready"
        cause = f": {findings.serving.message}" if findings.serving is not None else ""
        return "False", Reason.NO_ENDPOINTS, f"no scoring pod is ready{cause}"
    cause = why_model_fails(context)
    if cause:
        return "False", Reason.MODEL_FAILS, f"{FAILS}{cause}"
    return "True", Reason.ENDPOINTS_AVAILABLE, f"{_pods(count)} ready at {service_url(context)}"


def pipeline_succeeded(context: Context, findings: Findings) -> Assertion | None:
    """Whether the target's run succeeded; None while the spec is refused, so that there is no target."""
    if not isinstance(context.spec, Accepted):
        return None
    for finding in (findings.gate, findings.pipeline):
        if finding is not None and finding.about is ConditionType.PIPELINE_SUCCEEDED:
            return finding.truth, finding.reason, finding.message
    record = context.usable(context.target)
    if record is not None:
        return "True", Reason.COMPLETED, f"{record.name} is trained and verified in {record.directory}"
    if context.run is not None:
        truth: Truth = "False" if context.run.state == "failed" else "Unknown"
        return truth, context.run.reason, context.run.message
    return _not_yet(context, findings)


def model_loaded(context: Context, findings: Findings) -> Assertion | None:
    """Whether scoring pods have loaded the target; None while the spec is refused, so that there is no target."""
    if not isinstance(context.spec, Accepted):
        return None
    if context.usable(context.target) is None:
        finding = findings.gate or findings.pipeline
        if finding is not None and finding.stalled:
            return "False", finding.reason, f"{context.target} is not trained; {finding.message}"
        return _not_yet(context, findings)
    loaded = sum(pod.ready for pod in context.scoring_pods(context.target))
    finding = findings.gate or findings.serving
    if finding is not None and (not loaded or _is_about_loading(finding)):
        truth = finding.truth if finding.about is ConditionType.MODEL_LOADED else "Unknown"
        return truth, finding.reason, finding.message
    return "True", Reason.LOADED, f"{context.target} is verified and loaded by {_pods(loaded)}"


def service_url(context: Context) -> str:
    """Where the Service answers; empty until there is one."""
    if context.service is None:
        return ""
    if not isinstance(context.spec, Accepted):
        return context.resource.status.url
    parent = context.parent
    return f"http://{service_name(parent.name)}.{parent.namespace}.svc:{context.wanted.serving.port}"


def _not_yet(context: Context, findings: Findings) -> Assertion:
    """About a target that nobody has trained yet."""
    finding = findings.gate
    if finding is None:
        return "Unknown", Reason.PROGRESSING, f"{context.target} is not trained yet"
    return "Unknown", finding.reason, f"{context.target} is not trained yet; {finding.message}"


def _is_about_loading(finding: Finding) -> bool:
    return finding.stalled and finding.about is ConditionType.MODEL_LOADED


def _was_rolled_out(context: Context) -> bool:
    before, live = context.resource.status.condition(ConditionType.UP_TO_DATE), context.deployment
    return (
        before is not None
        and (before.status, before.observed_generation) == ("True", context.resource.generation)
        and context.active == context.target
        and bool(context.endpoints)
        and live is not None
        and live.updated == live.replicas
    )


def _pods(count: int) -> str:
    return f"{count} pod{'s' * (count != 1)}"
