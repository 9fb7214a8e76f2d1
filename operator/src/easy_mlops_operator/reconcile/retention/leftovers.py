"""Which artifacts no revision in status refers to any more, so that the volume does not fill up with them.

Remembered in status from the pass that takes a revision off its list until a Job has removed the directory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from easy_mlops_operator.api.status import MAX_LEFTOVERS, Leftover, Revision
from easy_mlops_operator.builders import pruned_by
from easy_mlops_operator.reconcile.views import PodView, newest_first, view_job


@dataclass(frozen=True)
class PrunerView:
    """The Job that removes artifacts: `arguments` say which, `failure` why it could not."""

    state: Literal["running", "succeeded", "failed"]
    arguments: frozenset[str]
    leaving: bool
    failure: str = ""


def view_pruner(raw: Mapping[str, Any], pods: Iterable[PodView]) -> PrunerView:
    """The Job, with the termination message of its newest pod."""
    job = view_job(raw)
    messages = (pod.ended.message.strip() for pod in newest_first(pods) if pod.owner_uid == job.uid and pod.ended)
    message = next((text for text in messages if text), job.message or job.reason)
    return PrunerView(job.state, pruned_by(raw), job.leaving, message if job.state == "failed" else "")


def left_over(
    before: Iterable[Leftover],
    dropped: Iterable[Revision],
    listed: Sequence[Revision],
    *,
    target: str,
    claim: str,
    pruner: PrunerView | None,
) -> tuple[Leftover, ...]:
    """What is to be removed from the claim of this uid, by name.

    `dropped` are revisions that were listed until now. Whatever is `listed`, or has something listed above or below
    it, stays; only what a Job is removing at this moment cannot be saved any more.
    """
    known = {item.name: item for item in before}
    for revision in dropped:
        if revision.state == "Succeeded" and revision.directory and revision.digest:
            known[revision.name] = Leftover(
                name=revision.name, directory=revision.directory, digest=revision.digest, claim=revision.claim
            )
    names = {target, *(revision.name for revision in listed)}
    places = [revision.directory for revision in listed if revision.directory]

    def remains(item: Leftover) -> bool:
        handled = pruner is not None and item.argument in pruner.arguments
        if item.claim != claim or (handled and pruner is not None and pruner.state == "succeeded"):
            return False
        if handled and pruner is not None and pruner.state == "running":
            return True
        return item.name not in names and not any(_overlap(item.directory, place) for place in places)

    return tuple(item for _, item in sorted(known.items()) if remains(item))[:MAX_LEFTOVERS]


def _overlap(one: str, other: str) -> bool:
    first, second = PurePosixPath(one), PurePosixPath(other)
    return first.is_relative_to(second) or second.is_relative_to(first)
