"""What the pods of the Job and of the Deployment have in common: restricted security, no token, one volume.

Every field that decides whether pods restart is spelled out here or depends on the revision, so that an upgrade of
the operator does not change it (see `TEMPLATE_REVISION` in deployment.py).
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
    """The claim that pods use: its name, its uid, and whether pods on several nodes can use it at once."""

    name: str
    uid: str
    shared: bool


def pod_security() -> dict[str, Any]:
    """Security context of a pod, within the restricted pod security standard."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> dict[str, Any]:
    """Security context of a container, within the restricted pod security standard."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def base_environment() -> list[dict[str, str]]:
    """Environment of every container: where the termination message goes, and a home that can be written to."""
    return [{"name": TERMINATION_LOG_ENV, "value": TERMINATION_LOG}, {"name": "HOME", "value": "/tmp"}]  # noqa: S108


def base_container(
    name: str, arguments: Sequence[str], *, image: str, pull_policy: str, resources: Resources
) -> dict[str, Any]:
    """A container that runs `make-mlops-easy`, as far as all containers are alike."""
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
    """Mount of a directory for temporary files, since the root is read-only."""
    return {"name": TMP, "mountPath": "/tmp"}  # noqa: S108


def base_volumes(claim: Claim) -> list[dict[str, Any]]:
    """The resource's claim and the directory for temporary files."""
    return [{"name": VOLUME, "persistentVolumeClaim": {"claimName": claim.name}}, {"name": TMP, "emptyDir": {}}]


def base_spec(name: str, claim: Claim) -> dict[str, Any]:
    """Fields of the pod spec that both kinds of pod share.

    Unless the volume can be shared between nodes, all pods of the resource `name` have to be on one node. The
    first pod meets its own affinity, so it may go anywhere.
    """
    body: dict[str, Any] = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security(),
    }
    if not claim.shared:
        term = {"labelSelector": {"matchLabels": {RESOURCE: name}}, "topologyKey": "kubernetes.io/hostname"}
        body["affinity"] = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    return body
