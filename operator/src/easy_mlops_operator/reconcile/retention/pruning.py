"""The Job that removes artifacts of revisions that are no longer listed. Its outcome does not affect serving."""

from __future__ import annotations

from collections.abc import Sequence

from easy_mlops_operator.api.names import pruner_name
from easy_mlops_operator.api.status import Leftover, PruningStatus
from easy_mlops_operator.builders import build_pruner
from easy_mlops_operator.reconcile.children import applied, removed
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.model import Action, Refusal


def prune_artifacts(context: Context) -> tuple[Action, ...]:
    """One Job at a time. A failed one stands until there is more to remove, or until its time to live is over."""
    pruner, due = context.pruner, _due(context)
    if pruner is None:
        return applied(_manifest(context, due), None) if due else ()
    new = any(item.argument not in pruner.arguments for item in due)
    if pruner.state == "running" or (pruner.state == "failed" and context.leftovers and not new):
        return ()
    return removed("batch/v1", "Job", context.observed.pruner)


def pruning_status(context: Context, refusals: Sequence[Refusal]) -> PruningStatus | None:
    """What is still to be removed, and why it cannot be; `refusals` are the writes of this pass that were refused."""
    message = ""
    refused = [item for item in refusals if item.name == pruner_name(context.parent.name)]
    if refused:
        message = refused[0].message
    elif context.pruner is not None and context.pruner.state == "failed":
        message = context.pruner.failure
    elif context.pruner is None and context.resource.status.pruning is not None:
        message = context.resource.status.pruning.message
    return PruningStatus(pending=context.leftovers, message=message) if context.leftovers else None


def _due(context: Context) -> list[Leftover]:
    """Without what a pod still has mounted, or what the Deployment would still make pods of.

    Only what the status tells already: until that is written, its revision may be gone back to.
    """
    reported = context.resource.status.pruning.pending if context.resource.status.pruning is not None else ()
    used = {pod.revision for pod in context.pods if pod.component == "serving"}
    if context.deployment is not None:
        used.add(context.deployment.revision)
    return [item for item in context.leftovers if item in reported and item.name not in used]


def _manifest(context: Context, due: list[Leftover]) -> dict[str, object]:
    return build_pruner(
        context.parent,
        [item.argument for item in due],
        pipeline=context.wanted.pipeline,
        claim=context.mount,
        image=context.settings.runtime_image,
        pull_policy=context.settings.image_pull_policy,
    )
