"""The first checks of a pass: spec, suspension, names, claim. A finding of one of them ends the pass."""

from __future__ import annotations

from easy_mlops_operator.api.conditions import ConditionType, Reason
from easy_mlops_operator.api.names import deployment_name, policy_name, pruner_name, search_name, service_name
from easy_mlops_operator.builders import build_claim, build_policies
from easy_mlops_operator.reconcile.acceptance import Refused
from easy_mlops_operator.reconcile.children import applied
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.finding import NOTHING, Finding, Step
from easy_mlops_operator.reconcile.model import Action
from easy_mlops_operator.reconcile.serving.scaling import has_budget
from easy_mlops_operator.reconcile.views import ClaimView

LOOK_AGAIN = 5.0
"""Seconds between two lookups of something that has no watch."""


def check_spec(context: Context) -> Step:
    """An invalid spec creates nothing and leaves running pods alone."""
    if not isinstance(context.spec, Refused):
        return NOTHING
    problems = context.spec.problems
    return Step(
        finding=Finding(
            about=ConditionType.SPEC_ACCEPTED,
            reason=Reason(problems[0].reason),
            message="; ".join(map(str, problems)),
            ready=Reason.INVALID_SPEC,
            stalled=True,
        )
    )


def check_suspended(context: Context) -> Step:
    """A suspended resource is left as it is."""
    if not context.wanted.suspend:
        return NOTHING
    message = f"suspended: {context.target} is not reconciled until spec.suspend is false"
    return Step(finding=Finding(reason=Reason.SUSPENDED, message=message, ready=Reason.SUSPENDED, idle=True))


def check_names(context: Context) -> Step:
    """Somebody else's object under a name that a child needs is never touched."""
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
    taken = sorted(
        (item for item in context.observed.conflicts if (item.kind, item.name) in needed),
        key=lambda item: (item.leaving, item.kind, item.name),
    )
    if not taken:
        return NOTHING
    listed = ", ".join(f"{item.kind} {item.name!r}" for item in taken)
    stalled = not taken[0].leaving
    state = (
        "exists but is not owned by this resource: delete or rename it"
        if stalled
        else "of an earlier resource is being deleted"
    )
    finding = Finding(
        reason=Reason.NAME_CONFLICT, message=f"{listed} {state}", ready=Reason.NAME_CONFLICT, stalled=stalled
    )
    return Step(finding=finding)


def check_claim(context: Context) -> Step:
    """The claim is created first, since the other children refer to it."""
    claim = context.claim
    existing = context.wanted.storage.existing_claim
    if existing is not None:
        return _check_existing(context, existing, claim)
    storage = context.wanted.storage
    manifest = build_claim(context.parent, storage, at_least=claim.size if claim else "0")
    if claim is None:
        message = f"claim {context.parent.name} is being created"
        return Step(applied(manifest, None), Finding(reason=Reason.PROGRESSING, message=message))
    if claim.leaving:
        return _leaving(context, claim)
    if claim.phase == "Lost":
        return _unavailable(f"claim {claim.name} has lost its volume", stalled=True)
    asked = (tuple(storage.access_modes), storage.storage_class_name or claim.storage_class)
    if asked != (claim.modes, claim.storage_class):
        actual = f"accessModes {', '.join(claim.modes)}, storageClassName {claim.storage_class or 'none'}"
        return _unavailable(
            f"claim {claim.name} has {actual}, which cannot be changed; set the same values or delete the claim",
            stalled=True,
        )
    return Step(applied(manifest, context.observed.claim))


def check_policies(context: Context) -> Step:
    """Network policies exist before any pod does."""
    live = {policy["metadata"]["name"]: policy for policy in context.observed.policies}
    actions: list[Action] = []
    for policy in build_policies(context.parent, context.wanted.serving.port):
        actions += applied(policy, live.get(policy["metadata"]["name"]))
    return Step(tuple(actions))


def _check_existing(context: Context, name: str, claim: ClaimView | None) -> Step:
    if claim is None:
        return _unavailable(f"claim {name!r} of spec.storage.existingClaim does not exist", requeue_after=LOOK_AGAIN)
    if claim.leaving:
        return _leaving(context, claim)
    if claim.phase == "Lost":
        return _unavailable(f"claim {claim.name} has lost its volume", stalled=True)
    if not {"ReadWriteOnce", "ReadWriteMany"} & set(claim.modes):
        modes = ", ".join(claim.modes) or "none"
        message = f"claim {claim.name} has accessModes {modes}; ReadWriteOnce or ReadWriteMany is required"
        return _unavailable(message, stalled=True)
    return NOTHING


def _leaving(context: Context, claim: ClaimView) -> Step:
    """Pods that use the claim keep it from being removed; but nothing new is started on it."""
    if context.usable(context.target):
        return NOTHING
    return _unavailable(f"claim {claim.name} is being deleted", requeue_after=LOOK_AGAIN)


def _unavailable(message: str, *, stalled: bool = False, requeue_after: float | None = None) -> Step:
    return Step(
        finding=Finding(
            about=ConditionType.PIPELINE_SUCCEEDED,
            reason=Reason.VOLUME_UNAVAILABLE,
            message=message,
            ready=Reason.PIPELINE_FAILED if stalled else Reason.PROGRESSING,
            stalled=stalled,
            requeue_after=requeue_after,
        )
    )


GATES = (check_spec, check_suspended, check_names, check_claim, check_policies)
