"""Artifacts that were changed after they were published: such a revision is trained again, into a new directory.

Scoring pods compare every file before they load it. Nothing of a damaged directory is served or removed, so that
somebody can find out what happened to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from easy_mlops_operator.api.conditions import Reason
from easy_mlops_operator.api.names import is_run_of, run_id
from easy_mlops_operator.api.status import MAX_DAMAGED, Revision
from easy_mlops_operator.api.times import parse_time, rfc3339
from easy_mlops_operator.reconcile.serving.pods import load_failure
from easy_mlops_operator.reconcile.views import ClaimView, DeploymentView, PodView

_DELAY: Final = timedelta(minutes=1)
"""From the second damage on, so that whatever changes files does not keep a cluster training."""


def with_damage(
    revisions: Iterable[Revision], pods: Iterable[PodView], *, name: str, now: datetime
) -> tuple[Revision, ...]:
    """The revisions of the resource `name`, each without success once a pod has found its directory changed.

    A fallback that was found on the volume is not trained again: the search for it looks for another one.
    """
    reporting = [pod for pod in pods if pod.component == "serving" and not pod.leaving]
    return tuple(item if is_run_of(name, item.name) else _checked(item, reporting, now) for item in revisions)


def _checked(revision: Revision, pods: Iterable[PodView], now: datetime) -> Revision:
    if revision.state != "Succeeded" or not revision.directory or revision.is_damaged:
        return revision
    own = [pod for pod in pods if (pod.revision, pod.digest) == (revision.name, revision.digest)]
    failure = load_failure(own, now)
    if failure is None or failure.reason != Reason.DIGEST_MISMATCH:
        return revision
    changed = {
        "state": "Failed",
        "reason": failure.reason,
        "message": f"{revision.directory} is damaged: {failure.message}",
        "damaged": (*revision.damaged, revision.argument)[-MAX_DAMAGED:],
        "damaged_at": rfc3339(now),
    }
    return revision.model_copy(update=changed)


def expected_run(revision: Revision | None, name: str, uid: str) -> str:
    """ID of the run that trains the revision `name` now: not that of one whose directory was damaged."""
    return run_id(name, uid, attempt_of(revision))


def attempt_of(revision: Revision | None) -> int:
    """How many directories of the revision were damaged."""
    return len(revision.damaged) if revision is not None else 0


def trained_again_at(revision: Revision) -> datetime | None:
    """When a damaged revision is trained again: at once the first time, later each time; None when it never is."""
    count, noticed = len(revision.damaged), parse_time(revision.damaged_at)
    if count >= MAX_DAMAGED or noticed is None:
        return None
    return noticed if count < 2 else noticed + _DELAY * 2 ** (count - 2)


def deployed_anyway(
    revisions: Iterable[Revision], claim: ClaimView | None, deployment: DeploymentView | None
) -> Revision | None:
    """The damaged revision that the Deployment runs: pods that loaded it before go on, and are kept as they are."""
    if claim is None or deployment is None:
        return None
    ours = (item for item in revisions if (item.name, item.claim) == (deployment.revision, claim.uid))
    return next((item for item in ours if item.is_damaged), None)
