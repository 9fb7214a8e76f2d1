"""The checks of serving: Deployment, Service, and the progress of the rollout.

They concern the target once it is trained, and until then the revision that already serves: its pods are scaled and
repaired whatever the state of the target's run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from easy_mlops.config.observability import logs_predictions

from easy_mlops_operator.api.conditions import ConditionType, Reason
from easy_mlops_operator.api.status import Failure, Revision
from easy_mlops_operator.builders import TEMPLATE_REVISION, TEMPLATES, Served, build_deployment, build_service
from easy_mlops_operator.reconcile.children import applied
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.finding import NOTHING, Finding, Step
from easy_mlops_operator.reconcile.live import FAILS, why_model_fails
from easy_mlops_operator.reconcile.model import Action
from easy_mlops_operator.reconcile.refused_pods import refusal
from easy_mlops_operator.reconcile.serving.pods import (
    crash,
    image_problem,
    load_failure,
    look_again,
    of_newest_template,
    unschedulable,
)
from easy_mlops_operator.reconcile.serving.scaling import hand_over, keep_scaling
from easy_mlops_operator.reconcile.views import DeploymentView, PodView


def check_serving(context: Context) -> Step:
    """Deployment and Service are as they should be, and the rollout has come to its end."""
    served = context.served
    if served is None:
        return NOTHING
    changed = _changes(context, served)
    return Step(changed, _rollout(context, served, applying=bool(changed)))


def _changes(context: Context, served: Revision) -> tuple[Action, ...]:
    serving = context.wanted.serving
    facts = Served(
        revision=served.name,
        directory=served.directory,
        digest=served.digest,
        image=served.image,
        pull_policy=_pull_policy(context, served.image),
        template=_template(context, served),
    )
    log_predictions = logs_predictions(context.wanted.observability)
    deployment = build_deployment(
        context.parent, facts, serving=serving, log_predictions=log_predictions, claim=context.mount
    )
    return (
        *hand_over(context),
        *applied(deployment, context.observed.deployment),
        *applied(build_service(context.parent, serving.port), context.observed.service),
        *keep_scaling(context),
    )


def _pull_policy(context: Context, image: str) -> str:
    """A new setting of the operator must not restart pods that already have their image."""
    live = context.deployment
    keep = live is not None and live.image == image and live.pull_policy
    return live.pull_policy if live is not None and keep else context.settings.image_pull_policy


def _template(context: Context, served: Revision) -> str:
    """A new operator version must not restart pods: a revision keeps its pod template as long as it serves."""
    live = context.deployment
    keep = live is not None and live.revision == served.name and live.template in TEMPLATES
    return live.template if live is not None and keep else TEMPLATE_REVISION


def _rollout(context: Context, served: Revision, *, applying: bool) -> Finding | None:
    live = context.deployment
    if live is None or applying or not live.current:
        return _going_on(f"{served.name} is being rolled out")
    if live.wanted == 0:
        message = f"{served.name} has no pods: the number of replicas is 0"
        return Finding(
            about=ConditionType.MODEL_LOADED,
            truth="Unknown",
            reason=Reason.NO_READY_REPLICAS,
            message=message,
            ready=Reason.NO_READY_REPLICAS,
            idle=True,
        )
    pods = of_newest_template(context.scoring_pods(served.name)) if live.updated else []
    failure = load_failure(pods, context.now)
    if failure is not None:
        return _stalled(served, failure, look_again(pods, context.now))
    # The Deployment may be newer or older than the pods, which have a watch of their own, as EndpointSlices have.
    if not live.complete or not any(pod.ready for pod in context.scoring_pods(served.name)):
        return _incomplete(context, served, live, pods)
    if not any(pod.revision == served.name for pod in context.endpoints):
        return _going_on(f"the Service has no endpoint that serves {served.name} yet", Reason.NO_ENDPOINTS)
    return _failing(context) or _on_leaving_claim(context)


def _failing(context: Context) -> Finding | None:
    """A model that fails on everything is rolled out, and nothing is being done about it."""
    cause = why_model_fails(context)
    if not cause:
        return None
    return Finding(reason=Reason.MODEL_FAILS, message=f"{FAILS}{cause}", ready=Reason.MODEL_FAILS, idle=True)


def _on_leaving_claim(context: Context) -> Finding | None:
    """The claim goes with the pods; then another one is made, and the model is trained on it."""
    claim = context.claim
    if claim is None or not claim.leaving:
        return None
    message = f"claim {claim.name} is being deleted; it goes once no pod uses it, and the model is then trained again"
    return Finding(reason=Reason.VOLUME_UNAVAILABLE, message=message)


def _incomplete(context: Context, served: Revision, live: DeploymentView, pods: Sequence[PodView]) -> Finding:
    failure = image_problem(pods)
    if failure is not None:
        return _stalled(served, failure)
    ready = sum(pod.ready for pod in pods)
    pending = unschedulable(pods)
    progress = f"{ready} of {live.wanted} pods serve {served.name}"
    refused = refusal(live.refused, context.parent.name, "spec.serving.resources") if live.refused else ""
    if live.stuck and not refused:
        message = f"{progress}: {pending or live.stuck}"
        return _stalled(served, Failure(location="serving", reason=Reason.NO_READY_REPLICAS, message=message))
    if refused:
        return _going_on(f"{progress}: {refused}", reason=Reason.FAILED_CREATE)
    if pending:
        return _going_on(f"{progress}: {pending}", reason=Reason.UNSCHEDULABLE)
    crashed = crash(pods)
    if crashed is not None:
        return replace(_going_on(f"{progress}: {crashed.message}", Reason.LOAD_FAILED), truth="False", failure=crashed)
    return _going_on(progress)


def _going_on(message: str, reason: Reason = Reason.PROGRESSING) -> Finding:
    return Finding(about=ConditionType.MODEL_LOADED, truth="Unknown", reason=reason, message=message)


def _stalled(served: Revision, failure: Failure, requeue_after: float | None = None) -> Finding:
    return Finding(
        about=ConditionType.MODEL_LOADED,
        reason=Reason(failure.reason),
        message=f"{served.name}: {failure.message}",
        ready=Reason.NO_READY_REPLICAS,
        stalled=True,
        requeue_after=requeue_after,
        failure=failure,
    )
