"""Somebody else's objects under names that children need: never touched, and in the way of nothing but themselves."""

from __future__ import annotations

from collections.abc import Iterable

from easy_mlops_operator.api.conditions import Reason
from easy_mlops_operator.api.names import deployment_name, policy_name, pruner_name, search_name, service_name
from easy_mlops_operator.reconcile.children import needs
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.finding import Finding
from easy_mlops_operator.reconcile.model import Action, Apply, ConflictingObject, Refusal
from easy_mlops_operator.reconcile.serving.scaling import has_budget

Name = tuple[str, str]
"""Kind and name of an object."""


def name_conflict(context: Context) -> Finding | None:
    """What is in the way, and what to do about it."""
    taken = _taken(context)
    if not taken:
        return None
    listed = ", ".join(f"{item.kind} {item.name!r}" for item in taken)
    stalled = not taken[0].leaving
    state = "of an earlier resource is being deleted"
    if stalled:
        state = f"exists but is not owned by this resource: {_advice(taken)}"
    return Finding(
        reason=Reason.NAME_CONFLICT, message=f"{listed} {state}", ready=Reason.NAME_CONFLICT, stalled=stalled
    )


def conflicting_names(context: Context) -> set[Name]:
    """The names that children need and others have."""
    return {(item.kind, item.name) for item in _taken(context)}


def without_conflicts(context: Context, actions: Iterable[Action]) -> tuple[Action, ...]:
    """The actions that are not about somebody else's object and need none in its place."""
    taken = conflicting_names(context)
    refused = [Refusal(kind, name, "") for kind, name in taken]
    return tuple(
        action
        for action in actions
        if _name(action) not in taken and not any(needs(action, refusal) for refusal in refused)
    )


def _advice(taken: Iterable[ConflictingObject]) -> str:
    if all(item.kind == "PersistentVolumeClaim" for item in taken):
        return "set storage.existingClaim to use it, or give this resource another name"
    return "delete or rename it"


def _taken(context: Context) -> list[ConflictingObject]:
    needed = _needed(context)
    found = (item for item in context.observed.conflicts if (item.kind, item.name) in needed)
    return sorted(found, key=lambda item: (item.leaving, item.kind, item.name))


def _needed(context: Context) -> set[Name]:
    name = context.parent.name
    needed = {
        ("Job", context.target),
        ("ConfigMap", context.target),
        ("Deployment", deployment_name(name)),
        ("Service", service_name(name)),
        ("NetworkPolicy", policy_name(name, "serving")),
        ("NetworkPolicy", policy_name(name, "pipeline")),
    }
    if context.wanted.serving.autoscaling is not None:
        needed.add(("HorizontalPodAutoscaler", deployment_name(name)))
    if context.claim is not None and has_budget(context):
        needed.add(("PodDisruptionBudget", deployment_name(name)))
    if context.wanted.rollout.fallback == "lastGood":
        needed.add(("Job", search_name(name)))
    if context.leftovers:
        needed.add(("Job", pruner_name(name)))
    if context.wanted.storage.existing_claim is None:
        needed.add(("PersistentVolumeClaim", name))
    return needed


def _name(action: Action) -> Name:
    if isinstance(action, Apply):
        return action.manifest["kind"], action.manifest["metadata"]["name"]
    return action.kind, action.name
