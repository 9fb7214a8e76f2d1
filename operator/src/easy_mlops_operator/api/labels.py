"""Labels and annotations of children, selectors, and ownership."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from easy_mlops.contract import GROUP, KIND

MANAGED_BY: Final = "app.kubernetes.io/managed-by"
NAME: Final = "app.kubernetes.io/name"
COMPONENT: Final = "app.kubernetes.io/component"
RESOURCE: Final = f"{GROUP}/modeldeployment"
REVISION: Final = f"{GROUP}/revision"
OPERATOR: Final = "easy-mlops-operator"
SHARD: Final = f"{GROUP}/shard"
"""Set by users on a ModelDeployment: the installation of the operator that is responsible for it."""

APPLIED_HASH: Final = f"{GROUP}/applied-hash"
"""Annotation: hash of the applied manifest. If it differs, a field may have been removed from the manifest."""
PIPELINE_HASH: Final = f"{GROUP}/pipeline-hash"
"""Annotation on a Job: hash of the fields of `spec.pipeline` that are not part of the revision, such as memory."""
CLAIM_UID: Final = f"{GROUP}/claim-uid"
"""Annotation on a Job: UID of the claim that it writes to. A new claim with the same name is empty."""
TEMPLATE: Final = f"{GROUP}/template"
"""Annotation on scoring pods: version of the pod template."""
SERVICE_NAME: Final = "kubernetes.io/service-name"
"""On an EndpointSlice, by Kubernetes: the name of its Service."""

Component = Literal["pipeline", "serving", "storage", "pruning"]


def child_labels(name: str, component: Component, revision: str | None = None) -> dict[str, str]:
    """Labels of a child of the ModelDeployment `name`; `revision` only for objects of a single revision."""
    labels = {MANAGED_BY: OPERATOR, NAME: name, COMPONENT: component, RESOURCE: name}
    return labels if revision is None else {**labels, REVISION: revision}


def selector_labels(name: str) -> dict[str, str]:
    """Labels that select the scoring pods of all revisions."""
    return {RESOURCE: name, COMPONENT: "serving"}


def selector_text(name: str) -> str:
    """The selector of the scoring pods as a string, for the scale subresource."""
    return ",".join(f"{key}={value}" for key, value in sorted(selector_labels(name).items()))


def label_of(obj: Mapping[str, Any], label: str) -> str:
    """The value of a label; empty if the object does not have it."""
    value = (obj.get("metadata", {}).get("labels") or {}).get(label, "")
    return value if isinstance(value, str) else ""


def annotation_of(obj: Mapping[str, Any], annotation: str) -> str:
    """The value of an annotation; empty if the object does not have it."""
    value = (obj.get("metadata", {}).get("annotations") or {}).get(annotation, "")
    return value if isinstance(value, str) else ""


def controller_of(obj: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The owner reference of the controller of the object."""
    for reference in obj.get("metadata", {}).get("ownerReferences") or ():
        if reference.get("controller"):
            return dict(reference)
    return None


def is_ours(resource: Mapping[str, Any], obj: Mapping[str, Any]) -> bool:
    """Whether `obj` is a child of `resource`: controlled by it or, without a controller, made by the operator for it.

    With `storage.retain` a claim outlives its resource, and a new resource of the same name adopts it. Any other child
    has lost its owner reference by somebody's edit; it has the hash of what was applied.
    """
    controller = controller_of(obj)
    if controller is not None:
        return bool(controller.get("uid") == resource["metadata"]["uid"])
    wanted = {MANAGED_BY: OPERATOR, RESOURCE: resource["metadata"]["name"]}
    if any(label_of(obj, label) != value for label, value in wanted.items()):
        return False
    return label_of(obj, COMPONENT) == "storage" or bool(annotation_of(obj, APPLIED_HASH))


def is_leaving(resource: Mapping[str, Any], obj: Mapping[str, Any]) -> bool:
    """Whether `obj` is about to disappear: it is being deleted, or its owner is an earlier resource of this name."""
    if obj.get("metadata", {}).get("deletionTimestamp"):
        return True
    controller = controller_of(obj)
    return controller is not None and (
        (controller.get("kind"), controller.get("name")) == (KIND, resource["metadata"]["name"])
    )
