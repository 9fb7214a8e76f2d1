"""One pass: observe, run the chains of checks, prune, and write down what has been found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from easy_mlops.config.runbook import RunbookSection

from easy_mlops_operator.api.spec import DataUri
from easy_mlops_operator.api.status import Revision, Status
from easy_mlops_operator.reconcile.acceptance import Accepted, Refused, accept
from easy_mlops_operator.reconcile.children import removed
from easy_mlops_operator.reconcile.conditions.evaluations import seconds_to_change
from easy_mlops_operator.reconcile.conditions.events import transitions
from easy_mlops_operator.reconcile.conditions.refused_writes import with_refusal
from easy_mlops_operator.reconcile.conditions.size_limit import within_limit
from easy_mlops_operator.reconcile.conditions.status import Found, compose
from easy_mlops_operator.reconcile.context import Context, observe
from easy_mlops_operator.reconcile.fallback.checks import fall_back, is_searching
from easy_mlops_operator.reconcile.finding import NOTHING, Step
from easy_mlops_operator.reconcile.gates import GATES
from easy_mlops_operator.reconcile.model import Action, Delete, Manifest, Plan, Settings, Snapshot, Wanted
from easy_mlops_operator.reconcile.retention.history import begun, with_revision
from easy_mlops_operator.reconcile.retention.pruning import prune_artifacts
from easy_mlops_operator.reconcile.run.checks import PIPELINE
from easy_mlops_operator.reconcile.serving.checks import check_serving
from easy_mlops_operator.reconcile.views import view_resource

Check = Callable[[Context], Step]


def reconcile(snapshot: Snapshot, settings: Settings, now: datetime) -> Plan:
    """What brings the resource nearer to its spec, and its status to the truth. Empty when both are there.

    A resource that is being deleted is left to the garbage collector.
    """
    if snapshot.resource["metadata"].get("deletionTimestamp"):
        return Plan()
    context = observe(snapshot, settings, now)
    gate = _first(GATES, context)
    if gate.finding is not None:
        return _plan(context, gate.actions, Found(gate=gate.finding), context.revisions)
    pipeline = _first(PIPELINE, context)
    serving = check_serving(context)
    fallback = fall_back(context, pipeline.finding)
    revisions = _with_begun(context, pipeline.making)
    pruned = _prune(context, revisions)
    artifacts = () if is_searching(context, fallback) else prune_artifacts(context)
    actions = (*gate.actions, *pipeline.actions, *serving.actions, *fallback.actions, *pruned, *artifacts)
    found = Found(pipeline=pipeline.finding, serving=serving.finding, fallback=fallback)
    return _plan(context, actions, found, revisions)


def wanted_sources(resource: Manifest) -> tuple[Wanted, ...]:
    """The ConfigMaps and claims that have to be looked up for this pass; none when they do not matter."""
    view = view_resource(resource)
    spec = accept(view.parent.name, view.spec)
    if view.deleting or isinstance(spec, Refused) or spec.spec.suspend:
        return ()
    record = view.status.revision(spec.target)
    if record is not None and record.state == "Succeeded":
        return ()
    data = (Wanted("spec.data.uri", spec.data),) if spec.data.scheme in ("configmap", "pvc") else ()
    plugins = (
        Wanted(f"spec.pipeline.plugins[{index}]", DataUri("configmap", plugin.config_map, plugin.as_plugin().file_name))
        for index, plugin in enumerate(spec.spec.pipeline.plugins)
    )
    return (*data, *plugins)


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
    if not making or context.claim is None or context.usable(making) or context.snapshot.refusal is not None:
        return context.revisions
    image = context.wanted.pipeline.image or context.settings.runtime_image
    return with_revision(context.revisions, begun(making, image, context.claim.uid, context.now))


def _prune(context: Context, revisions: Sequence[Revision]) -> tuple[Delete, ...]:
    """Jobs and run ConfigMaps of revisions that are not listed any more."""
    listed = {revision.name for revision in revisions} | {context.target}
    kinds = (("batch/v1", "Job", context.snapshot.jobs), ("v1", "ConfigMap", context.snapshot.configs))
    return tuple(
        delete
        for api_version, kind, objects in kinds
        for obj in sorted(objects, key=lambda item: str(item["metadata"]["name"]))
        if obj["metadata"]["name"] not in listed
        for delete in removed(api_version, kind, obj)
    )


def _plan(context: Context, actions: tuple[Action, ...], found: Found, revisions: Sequence[Revision]) -> Plan:
    before = context.resource.status
    found = with_refusal(context, found)
    after = within_limit(compose(context, found, revisions))
    changed = _is_changed(context, after)
    runbook = context.spec.spec.observability.runbook if isinstance(context.spec, Accepted) else RunbookSection()
    periods = [window.period for window in runbook.suppression_windows]
    windows = seconds_to_change(after.evaluations, periods, context.now)
    looks = [
        found.decisive.requeue_after if found.decisive is not None else None,
        found.fallback.requeue_after,
        windows,
    ]
    return Plan(
        actions=actions,
        status=after.to_json() if changed else None,
        requeue_after=min((seconds for seconds in looks if seconds is not None), default=None),
        events=transitions(before, after, runbook.owner) if changed else (),
    )


def _is_changed(context: Context, after: Status) -> bool:
    """Compared is what we know of the status; what others have put there is not ours to take away."""
    return context.resource.status.to_json() != after.to_json()
