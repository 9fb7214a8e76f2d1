"""The first checks of a pass: spec, suspension, claim. A finding of one of them ends the pass."""

from __future__ import annotations

from dataclasses import replace

from easy_mlops_operator.api.conditions import ConditionType, Reason
from easy_mlops_operator.builders import build_claim, build_policies
from easy_mlops_operator.reconcile.acceptance import Refused
from easy_mlops_operator.reconcile.children import applied, removed
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.finding import NOTHING, Finding, Step
from easy_mlops_operator.reconcile.model import Action
from easy_mlops_operator.reconcile.name_conflict import conflicting_names, name_conflict
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


def check_claim_name(context: Context) -> Step:
    """Nothing can be stored while somebody else's claim has the name of ours."""
    finding = name_conflict(context)
    is_claim = finding is not None and ("PersistentVolumeClaim", context.parent.name) in conflicting_names(context)
    return Step(finding=finding) if is_claim else NOTHING


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
    if asked != (claim.modes, claim.storage_class) and claim.phase == "Pending":
        # Nothing is stored on a claim without a volume: one with the class or modes of now takes its place.
        message = f"claim {claim.name} is being replaced: it has no volume, and storage class or modes have changed"
        finding = Finding(reason=Reason.PROGRESSING, message=message, requeue_after=LOOK_AGAIN)
        return Step(removed("v1", "PersistentVolumeClaim", context.observed.claim), finding)
    if asked != (claim.modes, claim.storage_class):
        actual = f"accessModes {', '.join(claim.modes)}, storageClassName {claim.storage_class or 'none'}"
        return _unavailable(
            f"claim {claim.name} has {actual}, which cannot be changed; set the same values or delete the claim",
            stalled=True,
        )
    if not applied(manifest, context.observed.claim):
        return NOTHING
    kept = build_claim(context.parent, storage, at_least=claim.size, storage_class=claim.storage_class)
    return Step(applied(kept, context.observed.claim))


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
    """Nothing new is started on a claim that is being deleted, and no Job keeps it; only pods that serve do."""
    jobs = [job for job in (*context.observed.jobs, context.observed.search, context.observed.pruner) if job]
    let_go = tuple(delete for job in jobs for delete in removed("batch/v1", "Job", job))
    if context.usable(context.target):
        return Step(let_go)
    return replace(_unavailable(f"claim {claim.name} is being deleted", requeue_after=LOOK_AGAIN), actions=let_go)


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


GATES = (check_spec, check_suspended, check_claim_name, check_claim, check_policies)
