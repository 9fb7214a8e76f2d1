"""What the checks of one pass look at: the spec as accepted, the views of what is there, and the revisions known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from easy_mlops_operator.api.conditions import ConditionType
from easy_mlops_operator.api.names import is_run_of, run_id
from easy_mlops_operator.api.spec import ModelDeploymentSpec
from easy_mlops_operator.api.status import Leftover, Revision
from easy_mlops_operator.builders import Claim, Parent
from easy_mlops_operator.reconcile.acceptance import Accepted, Refused, accept
from easy_mlops_operator.reconcile.fallback.search import Search, view_search, with_found
from easy_mlops_operator.reconcile.model import Settings, Snapshot
from easy_mlops_operator.reconcile.retention.history import is_usable, record_runs, trimmed
from easy_mlops_operator.reconcile.retention.leftovers import PrunerView, left_over, view_pruner
from easy_mlops_operator.reconcile.run.state import Run, view_run
from easy_mlops_operator.reconcile.views import (
    ClaimView,
    DeploymentView,
    JobView,
    PodView,
    ResourceView,
    newest_first,
    view_claim,
    view_deployment,
    view_job,
    view_pod,
    view_resource,
)


@dataclass(frozen=True)
class Context:
    """One pass's view of the world.

    `run` is the target's, unless its Job is on its way out; `recalled` is the revision that a search has found, for as
    long as the target is not there to serve.
    """

    snapshot: Snapshot
    settings: Settings
    now: datetime
    resource: ResourceView
    spec: Accepted | Refused
    claim: ClaimView | None
    jobs: tuple[JobView, ...]
    pods: tuple[PodView, ...]
    deployment: DeploymentView | None
    revisions: tuple[Revision, ...]
    leftovers: tuple[Leftover, ...]
    pruner: PrunerView | None
    search: Search | None
    run: Run | None
    active: str
    recalled: str

    @property
    def parent(self) -> Parent:
        """Identity of the resource."""
        return self.resource.parent

    @property
    def accepted(self) -> Accepted:
        """The accepted spec; the first check sees to it that later ones have it."""
        assert isinstance(self.spec, Accepted)
        return self.spec

    @property
    def wanted(self) -> ModelDeploymentSpec:
        """What the accepted spec asks for."""
        return self.accepted.spec

    @property
    def target(self) -> str:
        """The revision that the spec asks for; while the spec is refused, what it asked for before."""
        return self.spec.target if isinstance(self.spec, Accepted) else self.resource.status.target_revision

    def revision(self, name: str) -> Revision | None:
        """A known revision."""
        return next((item for item in self.revisions if item.name == name), None)

    def usable(self, name: str) -> Revision | None:
        """A revision that is trained and whose directory is on the claim that is there."""
        record = self.revision(name)
        return record if self.claim is not None and is_usable(record, self.claim.uid) else None

    @property
    def served(self) -> Revision | None:
        """What the pods should serve: the target once it is trained, else what they serve already, else a fallback.

        In the place of a fallback that serves already comes the one that the newest search has found.
        """
        if (target := self.usable(self.target)) is not None:
            return target
        found = self.usable(self.recalled)
        if found is not None and is_run_of(self.parent.name, self.active):
            return found
        return self.usable(self.active) or self._deployed or found

    @property
    def falls_back(self) -> bool:
        """Whether what is served was found by a search: it is no earlier state of what the resource brought about."""
        served = self.served
        if served is None or served.name == self.target:
            return False
        return served.name == self.recalled or is_run_of(self.parent.name, served.name)

    @property
    def _deployed(self) -> Revision | None:
        return self.usable(self.deployment.revision) if self.deployment is not None else None

    @property
    def mount(self) -> Claim:
        """The claim as pods use it. Only after the claim has been checked."""
        assert self.claim is not None
        return Claim(self.claim.name, self.claim.uid, shared="ReadWriteMany" in self.claim.modes)

    @property
    def job(self) -> JobView | None:
        """The target's Job."""
        return next((job for job in self.jobs if job.revision == self.target), None)

    def has_config(self, revision: str) -> bool:
        """Whether the run ConfigMap of a revision is there."""
        return any(config["metadata"]["name"] == revision for config in self.snapshot.configs)

    def scoring_pods(self, revision: str | None = None) -> list[PodView]:
        """Scoring pods that are not on their way out (of one revision), newest first."""
        return [
            pod
            for pod in newest_first(self.pods)
            if pod.component == "serving" and not pod.leaving and revision in (None, pod.revision)
        ]

    @property
    def ready_pods(self) -> list[PodView]:
        """Scoring pods that answer, of whatever revision."""
        return [pod for pod in self.scoring_pods() if pod.ready]


def observe(snapshot: Snapshot, settings: Settings, now: datetime) -> Context:
    """Read a snapshot. The order in which its objects were listed makes no difference."""
    resource = view_resource(snapshot.resource)
    spec = accept(resource.parent.name, resource.spec, settings.cluster)
    target = spec.target if isinstance(spec, Accepted) else resource.status.target_revision
    jobs = tuple(sorted((view_job(job) for job in snapshot.jobs), key=lambda job: job.revision))
    pods = tuple(newest_first(view_pod(pod) for pod in snapshot.pods))
    claim = view_claim(snapshot.claim) if snapshot.claim is not None else None
    runs = _runs(resource, jobs, pods, claim, now)
    known = record_runs(resource.status.revisions, runs.values(), now)
    usable = [item for item in known if claim is not None and is_usable(item, claim.uid)]
    search = None
    if snapshot.search is not None:
        search = view_search(snapshot.search, pods, name=resource.parent.name, known=usable, now=now)
    wanted = isinstance(spec, Accepted) and spec.spec.rollout.fallback == "lastGood"
    counts = search is not None and search.is_of(claim) and all(item.name != target for item in usable)
    known, recalled = with_found(known, search, usable, now) if search and wanted and counts else (known, "")
    revisions = known
    deployment = view_deployment(snapshot.deployment) if snapshot.deployment is not None else None
    active = _active(resource, pods, deployment)
    if isinstance(spec, Accepted):
        revisions = trimmed(known, spec.spec.revision_history_limit, (target, active, recalled))
    pruner = view_pruner(snapshot.pruner, pods) if snapshot.pruner is not None else None
    leftovers = resource.status.pruning.pending if resource.status.pruning is not None else ()
    if claim is not None:
        dropped = [revision for revision in known if revision not in revisions]
        leftovers = left_over(leftovers, dropped, revisions, target=target, claim=claim.uid, pruner=pruner)
    return Context(
        snapshot=snapshot,
        settings=settings,
        now=now,
        resource=resource,
        spec=spec,
        claim=claim,
        jobs=jobs,
        pods=pods,
        deployment=deployment,
        revisions=revisions,
        leftovers=leftovers,
        pruner=pruner,
        search=search,
        run=runs.get(target),
        active=active,
        recalled=recalled,
    )


def _runs(
    resource: ResourceView,
    jobs: tuple[JobView, ...],
    pods: tuple[PodView, ...],
    claim: ClaimView | None,
    now: datetime,
) -> dict[str, Run]:
    """Runs by revision. A run on a claim that is not there any more has left nothing."""
    said = resource.status.condition(ConditionType.PIPELINE_SUCCEEDED)
    return {
        job.revision: view_run(
            job,
            pods,
            run_id(job.revision, resource.parent.uid),
            record=resource.status.revision(job.revision),
            said=said,
            now=now,
        )
        for job in jobs
        if not job.leaving and claim is not None and job.claim_uid == claim.uid
    }


def _active(resource: ResourceView, pods: tuple[PodView, ...], deployment: DeploymentView | None) -> str:
    """The revision that answers. The one known as active stays so for as long as a pod of it is ready.

    A rollout that is complete decides by itself: the pods may be seen later than their Deployment.
    """
    if deployment is not None and deployment.complete and deployment.revision:
        return deployment.revision
    ready = {pod.revision for pod in pods if pod.component == "serving" and pod.ready and not pod.leaving}
    ready.discard("")
    before = resource.status.active_revision
    if before in ready or not ready:
        return before
    if resource.status.target_revision in ready:
        return resource.status.target_revision
    return max(ready)
