"""What a write that the API server refused means for the resource: it is stalled until somebody changes something."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from easy_mlops_operator.api.conditions import ConditionType, Reason
from easy_mlops_operator.api.names import pruner_name, search_name
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.finding import Fallback, Finding, Findings
from easy_mlops_operator.reconcile.model import Refusal

_SERVING: Final = ("Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget")


def with_refusal(context: Context, findings: Findings, refusal: Refusal) -> Findings:
    """The findings of a pass of which this write was refused."""
    if refusal.name == pruner_name(context.parent.name):  # `status.pruning` has the message
        return findings
    if refusal.name == search_name(context.parent.name):
        return replace(findings, fallback=_not_searched(findings.fallback, refusal))
    if refusal.kind == "NetworkPolicy":
        return replace(findings, gate=_finding(refusal, None))
    if refusal.kind in _SERVING:
        return replace(findings, serving=_finding(refusal, ConditionType.MODEL_LOADED))
    if refusal.kind == "PersistentVolumeClaim":
        about = None if context.usable(context.target) else ConditionType.PIPELINE_SUCCEEDED
        return replace(findings, gate=_finding(refusal, about))
    # A child that an earlier revision left behind says nothing about the target's run.
    about = ConditionType.PIPELINE_SUCCEEDED if refusal.name == context.target else None
    return replace(findings, pipeline=_finding(refusal, about))


def _not_searched(fallback: Fallback, refusal: Refusal) -> Fallback:
    if fallback.serves:
        return fallback
    return replace(
        fallback, message=f"the search for an earlier revision could not start: {refusal.message}", requeue_after=None
    )


def _finding(refusal: Refusal, about: ConditionType | None) -> Finding:
    return Finding(about=about, reason=Reason.REFUSED, message=refusal.message, ready=Reason.REFUSED, stalled=True)
