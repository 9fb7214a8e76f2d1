"""Which of the revisions is usable, active and served. `context.py` says what these words mean."""

from __future__ import annotations

from easy_mlops_operator.api.names import is_run_of
from easy_mlops_operator.api.status import Revision
from easy_mlops_operator.reconcile.desired import Desired
from easy_mlops_operator.reconcile.retention.history import is_usable
from easy_mlops_operator.reconcile.views import ClaimView, DeploymentView, PodView, ResourceView


def active_revision(resource: ResourceView, pods: tuple[PodView, ...], deployment: DeploymentView | None) -> str:
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


def usable_revisions(revisions: tuple[Revision, ...], claim: ClaimView | None) -> dict[str, Revision]:
    """The revisions that are trained and whose directory is on the claim, by name."""
    return {item.name: item for item in revisions if claim is not None and is_usable(item, claim.uid)}


def served_revision(
    usable: dict[str, Revision], desired: Desired, active: str, recalled: str, deployment: DeploymentView | None
) -> Revision | None:
    """What the pods should serve: the target once it is usable, else what they serve already, else a fallback.

    A fallback that serves already is replaced by the one that the newest search has found.
    """
    if desired.target in usable:
        return usable[desired.target]
    fallback = usable.get(recalled)
    if fallback is not None and is_run_of(desired.resource.parent.name, active):
        return fallback
    deployed = usable.get(deployment.revision) if deployment is not None else None
    return usable.get(active) or deployed or fallback


def falls_back(served: Revision | None, desired: Desired, recalled: str) -> bool:
    """Whether what is served was found by a search, so that it is not an earlier state of this very resource."""
    if served is None or served.name == desired.target:
        return False
    return served.name == recalled or is_run_of(desired.resource.parent.name, served.name)
