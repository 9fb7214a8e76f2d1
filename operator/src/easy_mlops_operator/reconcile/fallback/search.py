"""How the search for an earlier deployment stands, and the revision that it has found.

The search is a Job of its own: it can be made whatever became of the target's run, which may have been killed, be
late, have no image, or not even be begun for want of data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from easy_mlops.contract import RunResult

from easy_mlops_operator.api.labels import APPLIED_HASH, annotation_of
from easy_mlops_operator.api.names import is_run_of
from easy_mlops_operator.api.status import Revision
from easy_mlops_operator.reconcile.containers import how_it_ended
from easy_mlops_operator.reconcile.retention.history import with_published
from easy_mlops_operator.reconcile.run.state import LOOK_AGAIN, is_new, told_by, wrong_with
from easy_mlops_operator.reconcile.serving.pods import unschedulable
from easy_mlops_operator.reconcile.views import ClaimView, JobView, PodView, newest_first, view_job


@dataclass(frozen=True)
class Search:
    """The Job; `made_of` is the hash of its manifest.

    `nothing` when it has looked and found no good deployment, `lost` when it went well but its pod is gone: it has
    to look once more.
    """

    job: JobView
    made_of: str
    state: Literal["running", "found", "nothing", "failed", "lost"]
    message: str = ""
    result: RunResult | None = None
    look_again: float | None = None

    def is_of(self, claim: ClaimView | None) -> bool:
        """Whether what it says counts: it is not on its way out, and looked at the claim that is there."""
        return claim is not None and not self.job.leaving and self.job.claim_uid == claim.uid

    @property
    def passed_over(self) -> str:
        """The newest deployment that is no good, and how many more are newer than what was found."""
        steps = self.result.steps if self.result is not None else ()
        bad = [step for step in steps if step.state == "Failed"]
        more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
        return f"{bad[0].name}: {bad[0].message}{more}" if bad else ""


def view_search(
    raw: Mapping[str, Any], pods: Iterable[PodView], *, name: str, known: Iterable[Revision], now: datetime
) -> Search:
    """The search, and what its newest pod said.

    It may have found a run of a resource `name`, or a `known` revision, whose directory is on the claim.
    """
    job, made_of = view_job(raw), annotation_of(raw, APPLIED_HASH)
    own = newest_first(pod for pod in pods if pod.owner_uid == job.uid)
    told = next((result for pod in own if (result := told_by(pod)) is not None), None)
    if told is not None:
        wrong = _wrong_with(told, name, known) if told.ok else ""
        if wrong:
            return Search(job, made_of, "failed", f"its result is invalid: {wrong}")
        why = told.failure.message if told.failure is not None else ""
        return Search(job, made_of, "found" if told.ok else "nothing", why, result=told)
    if job.state == "running":
        words = next((pod.image_problem for pod in own if pod.image_problem), "") or unschedulable(own)
        return Search(job, made_of, "running", words)
    if is_new(job, now):
        return Search(job, made_of, "running", look_again=LOOK_AGAIN)
    if job.state == "succeeded" and not own:
        return Search(job, made_of, "lost")
    ends = (how_it_ended(pod.ended, "spec.serving.resources") for pod in own if pod.ended is not None)
    return Search(job, made_of, "failed", next(ends, job.message or job.reason or "it has no result"))


def with_found(
    revisions: tuple[Revision, ...], search: Search, known: Iterable[Revision], now: datetime
) -> tuple[tuple[Revision, ...], str]:
    """The revisions with the one that was found, and its name; empty when none was. It may be a `known` one."""
    if search.result is None or search.state != "found":
        return revisions, ""
    if (listed := _known_as(search.result, known)) is not None:
        return revisions, listed.name
    return with_published(revisions, search.result, search.job.image, search.job.claim_uid, now), search.result.run_id


def _known_as(result: RunResult, known: Iterable[Revision]) -> Revision | None:
    """The revision that has the very directory."""
    return next((r for r in known if (r.directory, r.digest) == (result.directory, result.digest)), None)


def _wrong_with(result: RunResult, name: str, known: Iterable[Revision]) -> str:
    if wrong := wrong_with(result):
        return wrong
    if is_run_of(name, result.run_id) or _known_as(result, known) is not None:
        return ""
    return f"{result.run_id[:80]!r} is not a run of {name}"
