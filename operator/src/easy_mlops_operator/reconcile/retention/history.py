"""The revisions in status: facts of finished runs, kept where they outlive Jobs and pods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from easy_mlops.contract import RunResult
from easy_mlops.rules.decimals import exact

from easy_mlops_operator.api.status import MAX_METRICS, MAX_REVISIONS, Revision
from easy_mlops_operator.api.times import rfc3339
from easy_mlops_operator.reconcile.run.state import Run


def record_runs(revisions: Iterable[Revision], runs: Iterable[Run], now: datetime) -> tuple[Revision, ...]:
    """The revisions with what their runs have come to, newest first."""
    known = {revision.name: revision for revision in revisions}
    for run in runs:
        name = run.job.revision
        known[name] = _recorded(known.get(name) or begun(name, run.job.image, run.job.claim_uid, now), run)
    return _newest_first(known)


def begun(name: str, image: str, claim: str, now: datetime) -> Revision:
    """A revision whose Job is being made."""
    return Revision(name=name, state="Training", image=image, claim=claim, created_at=rfc3339(now))


def with_revision(revisions: Iterable[Revision], revision: Revision) -> tuple[Revision, ...]:
    """The revisions with this one put in or in the place of its earlier self."""
    known = {item.name: item for item in revisions}
    earlier = known.get(revision.name)
    if earlier is not None:
        kept = {"created_at": earlier.created_at or revision.created_at}
        damage = {"damaged": earlier.damaged, "damaged_at": earlier.damaged_at}
        revision = revision.model_copy(update={**kept, **damage})
    return _newest_first({**known, revision.name: revision})


def with_published(
    revisions: Iterable[Revision], result: RunResult, image: str, claim: str, now: datetime
) -> tuple[Revision, ...]:
    """The revisions with what an earlier run has published, under its run's ID: it is no run of this resource's."""
    record = Revision(name=result.run_id, state="Succeeded", created_at=rfc3339(now))
    return with_revision(revisions, Revision.model_validate({**_facts(record), **_published(result, image, claim)}))


def trimmed(revisions: Iterable[Revision], limit: int, retained: Iterable[str]) -> tuple[Revision, ...]:
    """The newest `limit` revisions, those in `retained` (the target and what serves) in any case.

    A run that nobody wants any more is not listed, which is what makes its Job go.
    """
    wanted = set(retained)
    listed = [item for item in revisions if item.name in wanted or item.state != "Training"]
    count = max(0, min(limit, MAX_REVISIONS) - sum(item.name in wanted for item in listed))
    others = [item.name for item in listed if item.name not in wanted][:count]
    return tuple(item for item in listed if item.name in wanted or item.name in others)


def is_usable(revision: Revision | None, claim_uid: str) -> bool:
    """Whether the revision has a verified directory on this very claim."""
    return revision is not None and revision.state == "Succeeded" and revision.claim == claim_uid


def held_out(revision: Revision) -> dict[str, float]:
    """The revision's metrics on the held-out rows, as they were measured; one that is not finite is judged, too."""
    return {name: float(text) for name, text in revision.metrics.items() if _is_number(text)}


def _recorded(record: Revision, run: Run) -> Revision:
    if run.result is not None:
        return _succeeded(record, run, run.result)
    if is_usable(record, run.job.claim_uid):
        return record  # run again, and its directory is good until the new one is
    where = {"image": run.job.image, "claim": run.job.claim_uid}
    if run.state == "running":
        return record.model_copy(update={**where, "state": "Training", "reason": "", "message": ""})
    why = {"reason": run.reason.value, "message": run.message, "finished_at": run.job.finished_at}
    return Revision.model_validate({**_facts(record), **where, **why, "state": "Failed"})


def _succeeded(record: Revision, run: Run, result: RunResult) -> Revision:
    facts = _published(result, run.job.image, run.job.claim_uid)
    return Revision.model_validate({**_facts(record), **facts, "finished_at": run.job.finished_at})


def _published(result: RunResult, image: str, claim: str) -> dict[str, object]:
    return {
        "state": "Succeeded",
        "version": result.model_version,
        "model_type": result.model_type,
        "digest": result.digest,
        "directory": result.directory,
        "image": image,
        "claim": claim,
        "metrics": _metrics(result.metrics),
        "reason": "",
        "message": "",
    }


def _facts(record: Revision) -> dict[str, object]:
    return {name: getattr(record, name) for name in Revision.model_fields}


def _metrics(metrics: Mapping[str, float]) -> dict[str, str]:
    named = sorted((name[:63], exact(value)) for name, value in metrics.items() if name)
    return dict(named[:MAX_METRICS])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _newest_first(known: Mapping[str, Revision]) -> tuple[Revision, ...]:
    return tuple(sorted(known.values(), key=lambda item: (item.created_at or "", item.name), reverse=True))
