"""The Deployment of scoring pods: one verified deployment directory, mounted read-only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from easy_mlops.config.resource import ServingSection

from easy_mlops_operator.api.labels import TEMPLATE, child_labels, selector_labels
from easy_mlops_operator.api.names import deployment_name
from easy_mlops_operator.builders.parent import Parent
from easy_mlops_operator.builders.pod import (
    TERMINATION_LOG,
    VOLUME,
    Claim,
    base_environment,
    base_spec,
    base_volumes,
    container_security,
    tmp_mount,
)
from easy_mlops_operator.builders.resources import build_resources

CONTAINER: Final = "serving"
PORT: Final = "http"
MODEL: Final = "/model"

TEMPLATE_REVISION: Final = "1"
"""Revision of the pod template below. The template depends on this, the spec and the revision's facts only: a new
operator that writes another template has to keep writing this one for revisions that already serve."""

PROGRESS_SECONDS: Final = 600
"""After so long without progress a rollout counts as stuck."""
_START_SECONDS: Final = 300
_GRACE_SECONDS: Final = 30
"""Longer than the drain of `make-mlops-easy serve`, which goes unready, goes on answering, and then ends."""


@dataclass(frozen=True)
class Served:
    """The revision that pods serve: its deployment directory relative to the volume, its digest and its image."""

    revision: str
    directory: str
    digest: str
    image: str
    pull_policy: str


def build_deployment(
    parent: Parent, served: Served, *, serving: ServingSection, log_predictions: bool, claim: Claim
) -> dict[str, Any]:
    """The Deployment. Without `serving.replicas` the number of pods is left to whoever scales it."""
    metadata = {
        "labels": child_labels(parent.name, "serving", served.revision),
        "annotations": {TEMPLATE: TEMPLATE_REVISION},
    }
    pod = {
        **base_spec(parent.name, claim),
        "terminationGracePeriodSeconds": _GRACE_SECONDS,
        "containers": [_container(parent, served, serving, log_predictions)],
        "volumes": base_volumes(claim),
    }
    spec: dict[str, Any] = {
        "selector": {"matchLabels": selector_labels(parent.name)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "progressDeadlineSeconds": PROGRESS_SECONDS,
        "revisionHistoryLimit": 2,
        "template": {"metadata": metadata, "spec": pod},
    }
    if serving.replicas is not None:
        spec["replicas"] = serving.replicas
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": parent.metadata(deployment_name(parent.name), "serving"),
        "spec": spec,
    }


def _container(parent: Parent, served: Served, serving: ServingSection, log_predictions: bool) -> dict[str, Any]:
    ready = {"path": "/readyz", "port": PORT}
    return {
        "name": CONTAINER,
        "image": served.image,
        "imagePullPolicy": served.pull_policy,
        "command": ["make-mlops-easy"],
        "args": [
            "serve", MODEL, "--host", "0.0.0.0", "--port", str(serving.port),  # noqa: S104
            "--digest", served.digest, "--name", parent.name,
            "--log-predictions", "on" if log_predictions else "off",
            *(["--allow-version-mismatch"] if serving.allow_version_mismatch else []),
        ],
        "env": base_environment(),
        "ports": [{"name": PORT, "containerPort": serving.port, "protocol": "TCP"}],
        "resources": build_resources(serving.resources),
        "securityContext": container_security(),
        "terminationMessagePath": TERMINATION_LOG,
        "terminationMessagePolicy": "File",
        "startupProbe": {"httpGet": ready, "periodSeconds": 1, "failureThreshold": _START_SECONDS, "timeoutSeconds": 2},
        "readinessProbe": {"httpGet": ready, "periodSeconds": 5, "failureThreshold": 2, "timeoutSeconds": 3},
        "livenessProbe": {
            "httpGet": {"path": "/healthz", "port": PORT},
            "periodSeconds": 10,
            "failureThreshold": 6,
            "timeoutSeconds": 5,
        },
        "volumeMounts": [
            {"name": VOLUME, "mountPath": MODEL, "subPath": served.directory, "readOnly": True},
            {"name": VOLUME, "mountPath": f"{MODEL}/logs", "subPath": f"{served.directory}/logs"},
            tmp_mount(),
        ],
    }  # fmt: skip
