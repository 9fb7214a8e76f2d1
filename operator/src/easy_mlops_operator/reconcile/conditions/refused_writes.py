"""What a write that the API server refused means for the resource: it stands still until somebody changes something."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from easy_mlops_operator.api.conditions import ConditionType, Reason
from easy_mlops_operator.api.names import pruner_name, search_name
from easy_mlops_operator.reconcile.conditions.status import Found
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.finding import Finding
from easy_mlops_operator.reconcile.model import Refusal

_SERVING: Final = ("Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget")


def with_refusal(context: Context, found: Found) -> Found:
    """The findings of a pass whose plan could not be carried out whole."""
    refusal = context.snapshot.refusal
    if refusal is None:
        return found
    if refusal.name in (pruner_name(context.parent.name), search_name(context.parent.name)):
        return found  # neither is what the resource is about; `status.pruning`, or Ready's message, tells
    if refusal.kind == "NetworkPolicy":
        return replace(found, gate=_finding(refusal, None))
    if refusal.kind in _SERVING:
        return replace(found, serving=_finding(refusal, ConditionType.MODEL_LOADED))
    if refusal.kind == "PersistentVolumeClaim":
        return replace(found, gate=_finding(refusal, ConditionType.PIPELINE_SUCCEEDED))
    # What an earlier revision has left says nothing about the target's run.
    about = ConditionType.PIPELINE_SUCCEEDED if refusal.name == context.target else None
    return replace(found, pipeline=_finding(refusal, about))


def _finding(refusal: Refusal, about: ConditionType | None) -> Finding:
    return Finding(about=about, reason=Reason.REFUSED, message=refusal.message, ready=Reason.REFUSED, stalled=True)
