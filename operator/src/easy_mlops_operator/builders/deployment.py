"""The Deployment of scoring pods: one verified deployment directory, mounted read-only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from easy_mlops.contract import HEALTH_PATH, LOGS_DIRECTORY, READY_PATH, serve_arguments

from easy_mlops_operator.api.labels import TEMPLATE, child_labels, selector_labels
from easy_mlops_operator.api.names import deployment_name
from easy_mlops_operator.api.spec import ServingSection
from easy_mlops_operator.builders.parent import Parent
from easy_mlops_operator.builders.pod import (
    VOLUME,
    Claim,
    base_container,
    base_spec,
    base_volumes,
    tmp_mount,
)
from easy_mlops_operator.builders.podtemplate import customized

CONTAINER: Final = "serving"
PORT: Final = "http"
MODEL: Final = "/model"

TEMPLATE_REVISION: Final = "3"
"""Version of the pod template below. The template depends only on this version, the spec and the revision. A
Deployment retains its template until it serves another revision, so that an operator upgrade restarts no pods."""
TEMPLATES: Final = ("1", "2", TEMPLATE_REVISION)
"""All supported versions. Version 1 has no pause before SIGTERM and no topology spread constraints; 1 and 2 have probes
that fail while the pod starts and stops."""

PROGRESS_SECONDS: Final = 600
"""Time without progress after which a rollout counts as stuck."""
_START_SECONDS: Final = 300
_LISTENS_AFTER: Final = 2
"""Seconds after which a container usually accepts connections; before that a probe would fail and be reported."""
_START_WAIT: Final = 30
"""Seconds for which the answer to the startup probe waits for the model to be loaded."""
_SETTLED_SECONDS: Final = 3
"""Time for which a new pod must be ready before an old one is removed, so that all nodes can update their routes."""
_PAUSE_SECONDS: Final = 5
"""Time between the removal of a pod from the Service and SIGTERM, so that all nodes can update their routes.
After SIGTERM, `make-mlops-easy serve` continues to answer for 4 s and closes each connection after its answer."""
_GRACE_SECONDS: Final = 30
"""More than the sum of this pause (5 s), the drain (5 s) and writing the log (at most 10 s)."""


@dataclass(frozen=True)
class Served:
    """The revision to serve: its deployment directory relative to the volume, its digest and its image."""

    revision: str
    directory: str
    digest: str
    image: str
    pull_policy: str
    template: str = TEMPLATE_REVISION


def build_deployment(
    parent: Parent, served: Served, *, serving: ServingSection, log_predictions: bool, claim: Claim
) -> dict[str, Any]:
    """The Deployment. Without `serving.replicas`, it does not set the number of pods.

    During a rollout a new pod is ready before an old one is removed, even if the volume restricts all pods to one node,
    where they can share it.
    """
    metadata = {
        "labels": child_labels(parent.name, "serving", served.revision),
        "annotations": {TEMPLATE: served.template},
    }
    container = _container(parent, served, serving, log_predictions)
    pod = {
        **base_spec(parent.name, claim),
        "terminationGracePeriodSeconds": _GRACE_SECONDS,
        "containers": [container],
        "volumes": base_volumes(claim),
    }
    if served.template != "1":
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": _PAUSE_SECONDS}}}
        if claim.shared:
            pod["topologySpreadConstraints"] = _apart(parent.name)
    spec: dict[str, Any] = {
        "selector": {"matchLabels": selector_labels(parent.name)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "minReadySeconds": _SETTLED_SECONDS,
        "progressDeadlineSeconds": PROGRESS_SECONDS,
        "revisionHistoryLimit": 2,
        "template": customized(serving.pod_template, {"metadata": metadata, "spec": pod}),
    }
    if serving.replicas is not None:
        spec["replicas"] = serving.replicas
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": parent.metadata(deployment_name(parent.name), "serving"),
        "spec": spec,
    }


def _apart(name: str) -> list[dict[str, Any]]:
    """Constraints that spread the pods of a revision over nodes and zones if possible."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector_labels(name)},
            "matchLabelKeys": ["pod-template-hash"],
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]


def _container(parent: Parent, served: Served, serving: ServingSection, log_predictions: bool) -> dict[str, Any]:
    startup, readiness = _probes(served.template)
    logs = f"{served.directory}/{LOGS_DIRECTORY}"
    arguments = serve_arguments(
        MODEL,
        port=serving.port,
        digest=served.digest,
        name=parent.name,
        log_predictions=log_predictions,
        allow_version_mismatch=serving.allow_version_mismatch,
    )
    return {
        **base_container(
            CONTAINER,
            arguments,
            image=served.image,
            pull_policy=served.pull_policy,
            resources=serving.resources,
        ),
        "ports": [{"name": PORT, "containerPort": serving.port, "protocol": "TCP"}],
        "startupProbe": startup,
        "readinessProbe": readiness,
        "livenessProbe": {
            "httpGet": {"path": HEALTH_PATH, "port": PORT},
            "periodSeconds": 10,
            "failureThreshold": 6,
            "timeoutSeconds": 5,
        },
        "volumeMounts": [
            {"name": VOLUME, "mountPath": MODEL, "subPath": served.directory, "readOnly": True},
            {
                "name": VOLUME,
                "mountPath": f"{MODEL}/{LOGS_DIRECTORY}",
                "subPath": logs,
            },
            tmp_mount(),
        ],
    }


def _probes(template: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Startup and readiness probe. Those of a pod that starts or stops as it should do not fail."""
    readiness = {"periodSeconds": 5, "failureThreshold": 2, "timeoutSeconds": 3}
    if template in ("1", "2"):
        get = {"path": READY_PATH, "port": PORT}
        startup = {"httpGet": get, "periodSeconds": 1, "failureThreshold": _START_SECONDS, "timeoutSeconds": 2}
        return startup, {"httpGet": get, **readiness}
    startup = {
        "httpGet": {"path": f"{READY_PATH}?wait={_START_WAIT}", "port": PORT},
        "initialDelaySeconds": _LISTENS_AFTER,
        "periodSeconds": 1,
        "failureThreshold": _START_SECONDS,
        "timeoutSeconds": _START_WAIT + 5,
    }
    return startup, {"httpGet": {"path": f"{READY_PATH}?wait=1", "port": PORT}, **readiness}
