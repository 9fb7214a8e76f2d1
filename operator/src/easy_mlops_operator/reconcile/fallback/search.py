"""The state of the search for an earlier deployment, and the revision that it found.

The search is a Job of its own: it can run whatever the state of the target's run, which may have been killed, exceeded
its deadline, lack its image, or not have started because data is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from easy_mlops.contract import RunResult

from easy_mlops_operator.api.labels import APPLIED_HASH, annotation_of
from easy_mlops_operator.api.names import directory_argument, is_run_of
from easy_mlops_operator.api.status import Revision
from easy_mlops_operator.reconcile.containers import how_it_ended
from easy_mlops_operator.reconcile.refused_pods import refusal
from easy_mlops_operator.reconcile.retention.history import with_published
from easy_mlops_operator.reconcile.run.state import (
    LOOK_AGAIN,
    NO_POD_AGAIN,
    REFUSED_AGAIN,
    is_new,
    result_of_any_run,
    why_invalid,
)
from easy_mlops_operator.reconcile.serving.pods import unschedulable
from easy_mlops_operator.reconcile.views import ClaimView, JobView, PodView, newest_first, view_job


@dataclass(frozen=True)
class Search:
    """The Job; `made_of` is the hash of its manifest.

    `nothing` if it found no valid deployment, `lost` if it succeeded but its pod is gone: it has to be repeated.
    """

    job: JobView
    made_of: str
    state: Literal["running", "found", "nothing", "failed", "lost"]
    message: str = ""
    result: RunResult | None = None
    look_again: float | None = None

    def is_of(self, claim: ClaimView | None) -> bool:
        """Whether its result counts: it is not being deleted, and it searched the present claim."""
        return claim is not None and not self.job.leaving and self.job.claim_uid == claim.uid

    @property
    def passed_over(self) -> str:
        """The newest deployment that failed verification, and how many more are newer than the one found."""
        steps = self.result.steps if self.result is not None else ()
        bad = [step for step in steps if step.state == "Failed"]
        more = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
        return f"{bad[0].name}: {bad[0].message}{more}" if bad else ""


def view_search(
    raw: Mapping[str, Any],
    pods: Iterable[PodView],
    *,
    name: str,
    known: Iterable[Revision],
    refused: str = "",
    now: datetime,
) -> Search:
    """The search, with the result in its newest pod.

    It may have found a run of a resource `name`, or a `known` revision, whose directory is on the claim.
    """
    job, made_of = view_job(raw), annotation_of(raw, APPLIED_HASH)
    own = newest_first(pod for pod in pods if pod.owner_uid == job.uid)
    result = next((each for pod in own if (each := result_of_any_run(pod)) is not None), None)
    if result is not None:
        problem = _why_invalid(result, name, known) if result.ok else ""
        if problem:
            return Search(job, made_of, "failed", f"its result is invalid: {problem}")
        message = result.failure.message if result.failure is not None else ""
        return Search(job, made_of, "found" if result.ok else "nothing", message, result=result)
    if job.state == "running" and not own:
        message = refusal(refused, job.revision, "spec.serving.resources") if refused else ""
        return Search(job, made_of, "running", message, look_again=REFUSED_AGAIN if refused else NO_POD_AGAIN)
    if job.state == "running":
        message = next((pod.image_problem for pod in own if pod.image_problem), "") or unschedulable(own)
        return Search(job, made_of, "running", message)
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
    if search.result is None or search.state != "found" or _was_damaged(search, search.result, revisions):
        return revisions, ""
    if (listed := _known_as(search.result, known)) is not None:
        return revisions, listed.name
    return with_published(revisions, search.result, search.job.image, search.job.claim_uid, now), search.result.run_id


def _was_damaged(search: Search, result: RunResult, revisions: Iterable[Revision]) -> bool:
    """Whether the directory was damaged after the search began."""
    found = directory_argument(result.directory, result.digest)
    return any(
        found in revision.damaged and search.job.created_at <= (revision.damaged_at or "") for revision in revisions
    )


def _known_as(result: RunResult, known: Iterable[Revision]) -> Revision | None:
    """The revision that has the very directory."""
    return next((r for r in known if (r.directory, r.digest) == (result.directory, result.digest)), None)


def _why_invalid(result: RunResult, name: str, known: Iterable[Revision]) -> str:
    if problem := why_invalid(result):
        return problem
    if is_run_of(name, result.run_id) or _known_as(result, known) is not None:
        return ""
    return f"{result.run_id[:80]!r} is not a run of {name}"
