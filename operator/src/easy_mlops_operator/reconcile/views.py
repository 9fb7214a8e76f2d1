"""Raw objects in, frozen views out: the few fields that decide anything, read once and tolerantly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from easy_mlops.contract import digest_in, run_id_in

from easy_mlops_operator.api.labels import (
    CLAIM_UID,
    COMPONENT,
    PIPELINE_HASH,
    REVISION,
    TEMPLATE,
    annotation_of,
    label_of,
)
from easy_mlops_operator.api.status import Status
from easy_mlops_operator.builders import Parent

IMAGE_PROBLEMS: Final = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError",
     "RegistryUnavailable"}
)  # fmt: skip
"""Reasons of a waiting container that mean that its image cannot be pulled."""


@dataclass(frozen=True)
class ResourceView:
    """The ModelDeployment: who it is, what it asks for, and the status last written."""

    parent: Parent
    generation: int
    spec: Any
    status: Status


@dataclass(frozen=True)
class ClaimView:
    """The claim: `modes` it offers, whether it is bound, lost or being deleted."""

    name: str
    uid: str
    phase: str
    modes: tuple[str, ...]
    storage_class: str | None
    size: str
    leaving: bool


@dataclass(frozen=True)
class JobView:
    """A Job, named after its revision."""

    revision: str
    uid: str
    state: Literal["running", "succeeded", "failed"]
    reason: str
    message: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    image: str
    claim_uid: str
    run_id: str
    pipeline_hash: str
    deadline: int | None
    leaving: bool


@dataclass(frozen=True)
class Ended:
    """How a container ended."""

    exit_code: int
    reason: str
    message: str
    started_at: str | None
    finished_at: str | None


@dataclass(frozen=True)
class PodView:
    """A pod and its one container."""

    name: str
    component: str
    revision: str
    owner_uid: str
    template_hash: str
    created_at: str
    phase: str
    ready: bool
    leaving: bool
    image: str
    digest: str
    waiting_reason: str
    waiting_message: str
    unschedulable: str
    evicted: str
    started: bool
    ended: Ended | None
    restarts: int = 0
    ready_since: str | None = None

    @property
    def image_problem(self) -> str:
        """Why the image cannot be pulled, with the same text at every attempt; empty when it can."""
        if self.waiting_reason not in IMAGE_PROBLEMS:
            return ""
        _, _, cause = self.waiting_message.rpartition("ErrImagePull: ")
        if self.waiting_message.startswith("Back-off pulling image") and cause == self.waiting_message:
            cause = ""
        detail = f": {cause}" if cause else ""
        return f"image {self.image!r} cannot be pulled{detail}"


@dataclass(frozen=True)
class DeploymentView:
    """The Deployment and how far its rollout is."""

    revision: str
    template: str
    image: str
    pull_policy: str
    wanted: int
    replicas: int
    updated: int
    ready: int
    current: bool
    stuck: str
    refused: str

    @property
    def complete(self) -> bool:
        """All pods that are wanted are of the newest template and ready, and there are no others."""
        return self.current and 0 < self.wanted <= self.ready and self.updated == self.replicas == self.wanted


@dataclass(frozen=True)
class ServiceView:
    """The Service, and the pods to which it sends requests: those that are ready, match its selector, and have the
    port."""

    ports: tuple[int, ...]
    endpoints: frozenset[str]


def view_resource(raw: Mapping[str, Any]) -> ResourceView:
    """The resource itself."""
    metadata = raw["metadata"]
    return ResourceView(
        parent=Parent(metadata["name"], metadata["namespace"], metadata["uid"]),
        generation=int(metadata.get("generation", 0)),
        spec=raw.get("spec"),
        status=Status.read(raw.get("status")),
    )


def view_claim(raw: Mapping[str, Any]) -> ClaimView:
    """A claim."""
    metadata, spec, status = raw["metadata"], raw.get("spec") or {}, raw.get("status") or {}
    return ClaimView(
        name=metadata["name"],
        uid=str(metadata.get("uid", "")),
        phase=str(status.get("phase", "")),
        modes=tuple(spec.get("accessModes") or ()),
        storage_class=spec.get("storageClassName"),
        size=str(_at(spec, "resources", "requests", "storage") or "0"),
        leaving=bool(metadata.get("deletionTimestamp")),
    )


def view_job(raw: Mapping[str, Any]) -> JobView:
    """A Job; failed as soon as its controller has decided so, even while its pods are still ending."""
    metadata, spec, status = raw["metadata"], raw.get("spec") or {}, raw.get("status") or {}
    conditions = {item.get("type"): item for item in status.get("conditions") or () if item.get("status") == "True"}
    failed = conditions.get("Failed") or conditions.get("FailureTarget")
    complete = conditions.get("Complete") or conditions.get("SuccessCriteriaMet")
    decided: Mapping[str, Any] = failed or complete or {}
    containers = _at(spec, "template", "spec", "containers") or [{}]
    return JobView(
        revision=label_of(raw, REVISION) or metadata["name"],
        uid=str(metadata.get("uid", "")),
        state="failed" if failed else "succeeded" if complete else "running",
        reason=str(decided.get("reason", "")),
        message=str(decided.get("message", "")),
        created_at=str(metadata.get("creationTimestamp", "")),
        started_at=status.get("startTime"),
        finished_at=status.get("completionTime") or decided.get("lastTransitionTime"),
        image=str(containers[0].get("image", "")),
        claim_uid=annotation_of(raw, CLAIM_UID),
        run_id=run_id_in(containers[0].get("args") or ()),
        pipeline_hash=annotation_of(raw, PIPELINE_HASH),
        deadline=spec.get("activeDeadlineSeconds"),
        leaving=bool(metadata.get("deletionTimestamp")),
    )


def view_pod(raw: Mapping[str, Any]) -> PodView:
    """A pod of the Job or of the Deployment."""
    metadata, spec, status = raw["metadata"], raw.get("spec") or {}, raw.get("status") or {}
    conditions = {item.get("type"): item for item in status.get("conditions") or ()}
    scheduled = conditions.get("PodScheduled") or {}
    first = (spec.get("containers") or [{}])[0]
    container = (status.get("containerStatuses") or [{}])[0]
    state, last = container.get("state") or {}, container.get("lastState") or {}
    waiting = state.get("waiting") or {}
    owners = metadata.get("ownerReferences") or ()
    return PodView(
        name=metadata["name"],
        component=label_of(raw, COMPONENT),
        revision=label_of(raw, REVISION),
        owner_uid=next((str(owner.get("uid", "")) for owner in owners if owner.get("controller")), ""),
        template_hash=label_of(raw, "pod-template-hash"),
        created_at=str(metadata.get("creationTimestamp", "")),
        phase=str(status.get("phase", "")),
        ready=(conditions.get("Ready") or {}).get("status") == "True",
        leaving=bool(metadata.get("deletionTimestamp")),
        image=str(first.get("image", "")),
        digest=digest_in(first.get("args") or ()),
        waiting_reason=str(waiting.get("reason", "")),
        waiting_message=str(waiting.get("message", "")),
        unschedulable=_unschedulable(scheduled),
        evicted=str(status.get("message", "")) if status.get("reason") == "Evicted" else "",
        started="running" in state or "terminated" in state or "terminated" in last,
        ended=_ended(state.get("terminated") or last.get("terminated")),
        restarts=int(container.get("restartCount", 0)),
        ready_since=(conditions.get("Ready") or {}).get("lastTransitionTime"),
    )


def view_deployment(raw: Mapping[str, Any]) -> DeploymentView:
    """The Deployment."""
    metadata, spec, status = raw["metadata"], raw.get("spec") or {}, raw.get("status") or {}
    template = spec.get("template") or {}
    container = (_at(template, "spec", "containers") or [{}])[0]
    conditions = {item.get("type"): item for item in status.get("conditions") or ()}
    progressing, failing = conditions.get("Progressing") or {}, conditions.get("ReplicaFailure") or {}
    return DeploymentView(
        revision=label_of(template, REVISION),
        template=annotation_of(template, TEMPLATE),
        image=str(container.get("image", "")),
        pull_policy=str(container.get("imagePullPolicy", "")),
        wanted=int(spec.get("replicas", 1)),
        replicas=int(status.get("replicas", 0)),
        updated=int(status.get("updatedReplicas", 0)),
        ready=int(status.get("readyReplicas", 0)),
        current=int(status.get("observedGeneration", 0)) >= int(metadata.get("generation", 0)),
        stuck=_message(progressing) if progressing.get("reason") == "ProgressDeadlineExceeded" else "",
        refused=_message(failing) if failing.get("status") == "True" else "",
    )


def view_service(raw: Mapping[str, Any], slices: Iterable[Mapping[str, Any]]) -> ServiceView:
    """The Service with its EndpointSlices."""
    pods = (
        str((endpoint.get("targetRef") or {}).get("name", ""))
        for slice_ in slices
        if slice_.get("ports")
        for endpoint in slice_.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready") is not False
    )
    ports = _at(raw, "spec", "ports") or ()
    return ServiceView(tuple(int(port.get("port", 0)) for port in ports), frozenset(pods))


def scaling_problem(autoscaler: Mapping[str, Any] | None) -> str:
    """Why a HorizontalPodAutoscaler cannot work, as its controller reports; empty if it can or there is none."""
    for item in _at(autoscaler, "status", "conditions") or ():
        if (item.get("type"), item.get("status")) in (("AbleToScale", "False"), ("ScalingActive", "False")):
            return f"{item.get('reason', '')}: {item.get('message', '')}"
    return ""


def newest_first(pods: Iterable[PodView]) -> list[PodView]:
    """Pods in an order that does not depend on the one in which they were listed."""
    return sorted(pods, key=lambda pod: (pod.created_at, pod.name), reverse=True)


def _message(condition: Mapping[str, Any]) -> str:
    return str(condition.get("message", ""))


def _unschedulable(scheduled: Mapping[str, Any]) -> str:
    if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
        return str(scheduled.get("message", "")) or "no node fits the pod"
    return ""


def _ended(raw: Mapping[str, Any] | None) -> Ended | None:
    if not raw:
        return None
    return Ended(
        exit_code=int(raw.get("exitCode", 0)),
        reason=str(raw.get("reason", "")),
        message=str(raw.get("message", "")),
        started_at=raw.get("startedAt"),
        finished_at=raw.get("finishedAt"),
    )


def _at(raw: Any, *keys: str) -> Any:
    for key in keys:
        raw = raw.get(key) if isinstance(raw, Mapping) else None
    return raw
