"""What the checks of one pass look at. It holds what was read and worked out; the checks decide.

A resource has up to four revisions that matter at a time. Each is a run of the pipeline, named after what it was made
from, with its artifacts in a directory of the claim:

    target    what the spec asks for now. Its run may not have started, be in progress, have failed or have succeeded.
    active    what answers requests: the revision whose pods are ready.
    served    what the Deployment should run: the target as soon as it is usable, until then the active revision.
    recalled  what a search of the volume found to serve (spec.rollout.fallback) while nothing else can.

An update, in which the target changes from A to B:

    | spec changes | B's run in progress | B succeeded, rollout | rollout complete |
    | target B     | target B            | target B             | target B         |
    | served A     | served A            | served B             | served B         |
    | active A     | active A            | active A             | active B         |

If B's run fails, A is served until the spec changes. If there is no A and the fallback is `lastGood`:

    | B's run failed | search found C | C's pods are ready | target D succeeded, rollout | rollout complete |
    | served none    | served C       | served C           | served D                    | served D         |
    | active none    | active none    | active C           | active C                    | active D         |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from easy_mlops_operator.api.spec import ModelDeploymentSpec
from easy_mlops_operator.api.status import Leftover, Revision
from easy_mlops_operator.builders import Claim, Parent
from easy_mlops_operator.reconcile.acceptance import Accepted, Refused
from easy_mlops_operator.reconcile.desired import Desired
from easy_mlops_operator.reconcile.fallback.search import Search
from easy_mlops_operator.reconcile.model import Observed, Settings
from easy_mlops_operator.reconcile.retention.leftovers import PrunerView
from easy_mlops_operator.reconcile.run.state import Run
from easy_mlops_operator.reconcile.views import (
    ClaimView,
    DeploymentView,
    JobView,
    PodView,
    ResourceView,
    ServiceView,
    newest_first,
)


@dataclass(frozen=True)
class Context:
    """What one pass knows.

    `run` is the target's, unless its Job is being deleted; `recalled` is the name of the revision that a search has
    found, as long as the target cannot be served. `falls_back` is whether `served` was found by a search, so that it
    is not an earlier state of this very resource.
    """

    desired: Desired
    observed: Observed
    settings: Settings
    now: datetime
    claim: ClaimView | None
    jobs: tuple[JobView, ...]
    pods: tuple[PodView, ...]
    deployment: DeploymentView | None
    service: ServiceView | None
    revisions: tuple[Revision, ...]
    leftovers: tuple[Leftover, ...]
    pruner: PrunerView | None
    search: Search | None
    run: Run | None
    active: str
    recalled: str
    usable_revisions: dict[str, Revision]
    served: Revision | None
    falls_back: bool

    @property
    def resource(self) -> ResourceView:
        """The resource."""
        return self.desired.resource

    @property
    def spec(self) -> Accepted | Refused:
        """Its spec."""
        return self.desired.spec

    @property
    def parent(self) -> Parent:
        """Identity of the resource."""
        return self.resource.parent

    @property
    def accepted(self) -> Accepted:
        """The accepted spec; the first check guarantees it to later ones."""
        assert isinstance(self.spec, Accepted)
        return self.spec

    @property
    def wanted(self) -> ModelDeploymentSpec:
        """What the accepted spec asks for."""
        return self.accepted.spec

    @property
    def target(self) -> str:
        """The revision that the spec asks for."""
        return self.desired.target

    def revision(self, name: str) -> Revision | None:
        """A known revision."""
        return next((item for item in self.revisions if item.name == name), None)

    def usable(self, name: str) -> Revision | None:
        """A revision that is trained and whose directory is on the present claim."""
        return self.usable_revisions.get(name)

    @property
    def is_lost(self) -> bool:
        """Whether what is served is damaged and no pod has loaded it before."""
        return self.served is not None and self.served.is_damaged and not self.ready_pods

    @property
    def mount(self) -> Claim:
        """The claim as pods mount it. Only after the claim has been checked."""
        assert self.claim is not None
        return Claim(self.claim.name, self.claim.uid, shared="ReadWriteMany" in self.claim.modes)

    @property
    def job(self) -> JobView | None:
        """The target's Job."""
        return next((job for job in self.jobs if job.revision == self.target), None)

    def has_config(self, revision: str) -> bool:
        """Whether the run ConfigMap of a revision is there."""
        return any(config["metadata"]["name"] == revision for config in self.observed.configs)

    def scoring_pods(self, revision: str | None = None) -> list[PodView]:
        """Scoring pods that are not being deleted (of one revision), newest first."""
        return [
            pod
            for pod in newest_first(self.pods)
            if pod.component == "serving" and not pod.leaving and revision in (None, pod.revision)
        ]

    @property
    def ready_pods(self) -> list[PodView]:
        """Scoring pods that are ready, of whatever revision."""
        return [pod for pod in self.scoring_pods() if pod.ready]

    @property
    def endpoints(self) -> list[PodView]:
        """Scoring pods to which the Service sends requests, of whatever revision."""
        names = self.service.endpoints if self.service is not None else frozenset()
        return [pod for pod in self.scoring_pods() if pod.name in names]
