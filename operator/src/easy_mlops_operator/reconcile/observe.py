"""Reads what the gatherer found into a `Context`: views, runs, the revisions known, and which of them is active."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from easy_mlops_operator.api.conditions import ConditionType
from easy_mlops_operator.api.names import search_name
from easy_mlops_operator.api.status import Leftover, Revision
from easy_mlops_operator.reconcile.acceptance import Accepted
from easy_mlops_operator.reconcile.context import Context
from easy_mlops_operator.reconcile.damage import deployed_anyway, expected_run, with_damage
from easy_mlops_operator.reconcile.desired import Desired
from easy_mlops_operator.reconcile.fallback.search import Search, view_search, with_found
from easy_mlops_operator.reconcile.model import Observed, Settings
from easy_mlops_operator.reconcile.retention.history import record_runs, trimmed
from easy_mlops_operator.reconcile.retention.leftovers import PrunerView, left_over, view_pruner
from easy_mlops_operator.reconcile.revisions import active_revision, falls_back, served_revision, usable_revisions
from easy_mlops_operator.reconcile.run.state import Run, view_run
from easy_mlops_operator.reconcile.views import (
    ClaimView,
    JobView,
    PodView,
    ResourceView,
    newest_first,
    view_claim,
    view_deployment,
    view_job,
    view_pod,
    view_service,
)


def observe(desired: Desired, observed: Observed, settings: Settings, now: datetime) -> Context:
    """Read what was observed. The order in which objects were listed makes no difference."""
    resource, spec = desired.resource, desired.spec
    jobs = tuple(sorted((view_job(job) for job in observed.jobs), key=lambda job: job.revision))
    pods = tuple(newest_first(view_pod(pod) for pod in observed.pods))
    claim = view_claim(observed.claim) if observed.claim is not None else None
    listed = with_damage(resource.status.revisions, pods, name=resource.parent.name, now=now)
    runs = _runs(resource, listed, jobs, pods, claim, observed.refused_pods, now)
    deployment = view_deployment(observed.deployment) if observed.deployment is not None else None
    active = active_revision(resource, pods, deployment)
    known = record_runs(listed, runs.values(), now)
    search, known, recalled = _recall(desired, observed, claim, pods, known, now)
    revisions = known
    if isinstance(spec, Accepted):
        revisions = trimmed(known, spec.spec.revision_history_limit, (desired.target, active, recalled))
    pruner = view_pruner(observed.pruner, pods) if observed.pruner is not None else None
    usable = usable_revisions(revisions, claim)
    served = served_revision(usable, desired, active, recalled, deployment) or deployed_anyway(
        revisions, claim, deployment
    )
    return Context(
        desired=desired,
        observed=observed,
        settings=settings,
        now=now,
        claim=claim,
        jobs=jobs,
        pods=pods,
        deployment=deployment,
        service=view_service(observed.service, observed.endpoint_slices) if observed.service is not None else None,
        revisions=revisions,
        leftovers=_leftovers(desired, claim, pruner, known, revisions),
        pruner=pruner,
        search=search,
        run=runs.get(desired.target),
        active=active,
        recalled=recalled,
        usable_revisions=usable,
        served=served,
        falls_back=falls_back(served, desired, recalled),
    )


def _leftovers(
    desired: Desired,
    claim: ClaimView | None,
    pruner: PrunerView | None,
    known: tuple[Revision, ...],
    listed: tuple[Revision, ...],
) -> tuple[Leftover, ...]:
    status = desired.resource.status
    before = status.pruning.pending if status.pruning is not None else ()
    if claim is None:
        return before
    dropped = [revision for revision in known if revision not in listed]
    return left_over(before, dropped, listed, target=desired.target, claim=claim.uid, pruner=pruner)


def _recall(
    desired: Desired,
    observed: Observed,
    claim: ClaimView | None,
    pods: tuple[PodView, ...],
    known: tuple[Revision, ...],
    now: datetime,
) -> tuple[Search | None, tuple[Revision, ...], str]:
    """The search for a fallback, the revisions with the one that it found, and the name of that one.

    A search counts only while the target cannot be served and the spec asks for a fallback.
    """
    if observed.search is None:
        return None, known, ""
    usable = list(usable_revisions(known, claim).values())
    name = desired.resource.parent.name
    refused = observed.refused_pods.get(search_name(name), "")
    search = view_search(observed.search, pods, name=name, known=usable, refused=refused, now=now)
    spec = desired.spec
    wanted = isinstance(spec, Accepted) and spec.spec.rollout.fallback == "lastGood"
    if not wanted or not search.is_of(claim) or any(item.name == desired.target for item in usable):
        return search, known, ""
    return search, *with_found(known, search, usable, now)


def _runs(
    resource: ResourceView,
    listed: tuple[Revision, ...],
    jobs: tuple[JobView, ...],
    pods: tuple[PodView, ...],
    claim: ClaimView | None,
    refused: Mapping[str, str],
    now: datetime,
) -> dict[str, Run]:
    """Runs by revision. A run on a claim that is not there any more has left nothing, one into a damaged directory
    nothing that can be used."""
    previous = resource.status.condition(ConditionType.PIPELINE_SUCCEEDED)
    records = {revision.name: revision for revision in listed}
    expected = {
        job.revision: expected_run(records.get(job.revision), job.revision, resource.parent.uid) for job in jobs
    }
    return {
        job.revision: view_run(
            job,
            pods,
            job.run_id,
            record=records.get(job.revision),
            previous=previous,
            refused=refused.get(job.revision, ""),
            now=now,
        )
        for job in jobs
        if not job.leaving and claim is not None and job.claim_uid == claim.uid and job.run_id == expected[job.revision]
    }
