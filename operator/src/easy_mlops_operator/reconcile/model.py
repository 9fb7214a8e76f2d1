"""What passes between the edges and the pure core. Nothing here does I/O.

The gatherer fills an `Observed` with objects as the API server returned them; `plan` answers with actions; the
executor carries them out and says in an `Outcome` how far it got; `status_of` makes the `StatusReport` of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from easy_mlops.config.check.cluster import Cluster
from easy_mlops.monitoring.summary import Summary

from easy_mlops_operator.api.names import FIELD_MANAGER
from easy_mlops_operator.api.spec import DataUri
from easy_mlops_operator.api.status import Evaluation

Manifest = dict[str, Any]
"""A Kubernetes object as JSON."""


@dataclass(frozen=True)
class Apply:
    """Server-side apply `manifest`, forcing conflicts. 409 means that someone was faster.

    A `manager` of its own is for fields that must stay when our usual manager does not list them any more. `differs`
    is the path of the first field in which the live object differs; empty if there is no such object. `repaired_spec`
    is the live spec without what others have added; it is written first, since server-side apply takes nothing away
    from others.
    """

    manifest: Manifest
    manager: str = FIELD_MANAGER
    differs: str = field(default="", compare=False)
    repaired_spec: Manifest | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Delete:
    """Delete exactly this object (uid as a precondition, background propagation). 404 and 409 are success."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str


Action = Apply | Delete


@dataclass(frozen=True)
class Event:
    """A Kubernetes Event on the resource; planned on transitions only."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


@dataclass(frozen=True)
class StatusReport:
    """What a pass says: `status` is the whole status to apply, or None if it has not changed; `events` go with it.

    `latest` are evaluations of this moment, if they differ from those in status, which is written rarely.
    `requeue_after` (seconds) is given only when time itself matters, since everything else comes as a watch event.
    """

    status: Manifest | None = None
    events: tuple[Event, ...] = ()
    latest: tuple[Evaluation, ...] = ()
    requeue_after: float | None = None


@dataclass(frozen=True)
class Source:
    """Whether the ConfigMaps (and their keys) and the claim that a run reads exist, and which of them does not.

    `unknown` is for a lookup that was not permitted: the Job is then created anyway and reports it itself. The
    message begins with the field that names what is missing.
    """

    state: Literal["found", "missing", "unknown"]
    message: str = ""


@dataclass(frozen=True)
class Wanted:
    """Something that a run reads, and the field of the spec that names it."""

    field: str
    uri: DataUri


@dataclass(frozen=True)
class ConflictingObject:
    """An object that carries the name of one of our children but is not ours.

    `leaving` when it is being deleted, or is owned by an earlier resource of the same name that is gone.
    """

    kind: str
    name: str
    leaving: bool = False


@dataclass(frozen=True)
class Refusal:
    """A write that the API server refuses until somebody changes something: to which object, and its message."""

    kind: str
    name: str
    message: str


@dataclass
class Outcome:
    """How far the actions of a plan got.

    `done`     all of them were carried out.
    `behind`   the store did not show the cluster as it is: the plan has to be made again.
    `refused`  the API server refuses writes; `refusals` says which, unless it was the status itself. All actions that
               do not need what was refused were carried out.
    `waiting`  a child is being deleted: come back in `seconds`.
    """

    verdict: Literal["done", "behind", "refused", "waiting"] = "done"
    written: list[str] = field(default_factory=list)
    message: str = ""
    seconds: float = 0.0
    refusals: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True)
class Observed:
    """What there is around a resource. Objects are as the API server returned them; the order of tuples is free.

    `claim`      the claim that its spec names (`storage.existingClaim`, or ours); None if there is none.
    `claim_problem` why it has no volume, as its controller reports.
    `configs`    run ConfigMaps, `jobs` their Jobs, `pruner` the Job that removes old artifacts, `search` the one that
                 looks for a fallback, `deployment`, `service`, `autoscaler`, `budget`, `policies` (NetworkPolicies):
                 those that the resource controls.
    `endpoint_slices` of the Service.
    `refused_pods` the Job controller's message, by name of the Job, while the API server refuses its pods.
    `pods`       all pods with the resource's label: the Jobs' and the scoring pods.
    `conflicts`  objects of others that have the names of our children.
    `source`     whether `Desired.sources` exist.
    `summary`    figures of the active revision's scoring pods, merged, and when they were collected. Without a
                 summary, `summary_at` is when pods were first asked without an answer; both None until they were first
                 asked, so that a restart of the operator changes no verdict.
    """

    claim: Manifest | None = None
    claim_problem: str = ""
    configs: tuple[Manifest, ...] = ()
    jobs: tuple[Manifest, ...] = ()
    pods: tuple[Manifest, ...] = ()
    refused_pods: Mapping[str, str] = field(default_factory=dict)
    deployment: Manifest | None = None
    service: Manifest | None = None
    endpoint_slices: tuple[Manifest, ...] = ()
    autoscaler: Manifest | None = None
    budget: Manifest | None = None
    policies: tuple[Manifest, ...] = ()
    pruner: Manifest | None = None
    search: Manifest | None = None
    conflicts: tuple[ConflictingObject, ...] = ()
    source: Source = Source("found")
    summary: Summary | None = None
    summary_at: datetime | None = None


@dataclass(frozen=True)
class Settings:
    """What the installation decides for all resources; read from the environment by the controller."""

    runtime_image: str
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    allowed_images: tuple[str, ...] = ()
    """Patterns of images that a spec may name, `*` for any text; empty allows all. The runtime image always may be."""
    stale_after: float = 60.0
    """Seconds after which live figures are too old to be judged; several times the interval of collection."""

    @property
    def cluster(self) -> Cluster:
        """What specs are checked against."""
        return Cluster(self.allowed_images, self.runtime_image)
