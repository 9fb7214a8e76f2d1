"""What the pods of Jobs and of the Deployment have in common: restricted security, no token, one volume.

Fields whose change would restart pods are constant or depend on the revision only, so that an upgrade of the operator
does not change them (see `TEMPLATE_REVISION` in deployment.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from easy_mlops.contract import PROGRAM, TERMINATION_LOG_ENV

from easy_mlops_operator.api.labels import RESOURCE
from easy_mlops_operator.api.spec import Resources
from easy_mlops_operator.builders.resources import build_resources

USER: Final = 10001
TERMINATION_LOG: Final = "/dev/termination-log"
VOLUME: Final = "volume"
TMP: Final = "tmp"


@dataclass(frozen=True)
class Claim:
    """The claim that pods use: its name, its UID, and whether pods on different nodes can use it at the same time."""

    name: str
    uid: str
    shared: bool


def pod_security() -> dict[str, Any]:
    """Security context of a pod that meets the restricted Pod Security Standard."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> dict[str, Any]:
    """Security context of a container that meets the restricted Pod Security Standard."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def base_environment() -> list[dict[str, str]]:
    """Environment of every container: the path of the termination message, and a writable home directory."""
    return [{"name": TERMINATION_LOG_ENV, "value": TERMINATION_LOG}, {"name": "HOME", "value": "/tmp"}]  # noqa: S108


def base_container(
    name: str, arguments: Sequence[str], *, image: str, pull_policy: str, resources: Resources
) -> dict[str, Any]:
    """The common part of all containers that run `make-mlops-easy`."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": pull_policy,
        "command": [PROGRAM],
        "args": list(arguments),
        "env": base_environment(),
        "resources": build_resources(resources),
        "securityContext": container_security(),
        "terminationMessagePath": TERMINATION_LOG,
        "terminationMessagePolicy": "File",
    }


def tmp_mount() -> dict[str, Any]:
    """Mount of a directory for temporary files, since the root file system is read-only."""
    return {"name": TMP, "mountPath": "/tmp"}  # noqa: S108


def base_volumes(claim: Claim) -> list[dict[str, Any]]:
    """The volumes of the claim and of the directory for temporary files."""
    return [{"name": VOLUME, "persistentVolumeClaim": {"claimName": claim.name}}, {"name": TMP, "emptyDir": {}}]


def base_spec(name: str, claim: Claim) -> dict[str, Any]:
    """Fields of the pod spec that all pods have in common.

    Unless nodes can share the volume, all pods of the resource `name` must run on the same node. The first pod
    satisfies its own affinity, so that it can run on any node.
    """
    body: dict[str, Any] = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security(),
    }
    if not claim.shared:
        affinity = {"labelSelector": {"matchLabels": {RESOURCE: name}}, "topologyKey": "kubernetes.io/hostname"}
        body["affinity"] = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [affinity]}}
    return body
