"""From what is desired and what was observed to the actions of a pass: the chains of checks, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from easy_mlops_operator.api.status import Revision
from easy_mlops_operator.reconcile.children import removed
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.desired import Desired
from easy_mlops_operator.reconcile.fallback.checks import fall_back, is_searching
from easy_mlops_operator.reconcile.finding import NOTHING, Findings, Step
from easy_mlops_operator.reconcile.gates import GATES
from easy_mlops_operator.reconcile.model import Action, Delete, Observed, Settings
from easy_mlops_operator.reconcile.name_conflict import conflicting_names, name_conflict, without_conflicts
from easy_mlops_operator.reconcile.observe import observe
from easy_mlops_operator.reconcile.retention.history import begun, with_revision
from easy_mlops_operator.reconcile.retention.pruning import prune_artifacts
from easy_mlops_operator.reconcile.run.checks import PIPELINE
from easy_mlops_operator.reconcile.serving.checks import check_serving

Check = Callable[[Context], Step]


@dataclass(frozen=True)
class Plan:
    """What to do, in order, and what the checks found, from which the status is made once it is done.

    `revisions` are those that are known if all actions are carried out.
    """

    context: Context
    actions: tuple[Action, ...]
    findings: Findings
    revisions: tuple[Revision, ...]


def plan(desired: Desired, observed: Observed, settings: Settings, now: datetime) -> Plan:
    """The actions that bring the cluster nearer to what is desired; none once it is there."""
    context = observe(desired, observed, settings, now)
    gate = _first(GATES, context)
    if gate.finding is not None:
        return Plan(context, gate.actions, Findings(gate=gate.finding), context.revisions)
    pipeline = _first(PIPELINE, context)
    serving = check_serving(context)
    fallback = fall_back(context, pipeline.finding)
    revisions = _with_begun(context, pipeline.making)
    pruned = _prune(context, revisions)
    artifacts = () if is_searching(context, fallback) else prune_artifacts(context)
    actions = (*gate.actions, *pipeline.actions, *serving.actions, *fallback.actions, *pruned, *artifacts)
    conflict = name_conflict(context)
    return Plan(
        context=context,
        actions=actions if conflict is None else without_conflicts(context, actions),
        findings=Findings(gate=conflict, pipeline=pipeline.finding, serving=serving.finding, fallback=fallback),
        revisions=revisions if ("Job", context.target) not in conflicting_names(context) else context.revisions,
    )


def _first(checks: Iterable[Check], context: Context) -> Step:
    """The steps of a chain up to and including the first that finds something, as one."""
    actions: list[Action] = []
    last = NOTHING
    for check in checks:
        last = check(context)
        actions += last.actions
        if last.finding is not None:
            break
    return Step(tuple(actions), last.finding, last.making)


def _with_begun(context: Context, making: str) -> tuple[Revision, ...]:
    if not making or context.claim is None or context.usable(making):
        return context.revisions
    image = context.wanted.pipeline.image or context.settings.runtime_image
    record = begun(making, image, context.claim.uid, context.now)
    earlier = context.revision(making)
    if earlier is not None and earlier.is_damaged:
        record = earlier.model_copy(update={"state": "Training", "reason": "", "message": "", "finished_at": None})
    return with_revision(context.revisions, record)


def _prune(context: Context, revisions: Sequence[Revision]) -> tuple[Delete, ...]:
    """Jobs and run ConfigMaps of revisions that are not listed any more."""
    listed = {revision.name for revision in revisions} | {context.target}
    kinds = (("batch/v1", "Job", context.observed.jobs), ("v1", "ConfigMap", context.observed.configs))
    return tuple(
        delete
        for api_version, kind, objects in kinds
        for obj in sorted(objects, key=lambda item: str(item["metadata"]["name"]))
        if obj["metadata"]["name"] not in listed
        for delete in removed(api_version, kind, obj)
    )
