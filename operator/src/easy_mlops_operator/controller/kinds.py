"""The kinds of objects that the operator watches, and how the API server calls them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from easy_mlops_operator.api import labels, names
from easy_mlops_operator.reconcile.foreign_fields import FOREIGN, REPAIRED, foreign_fields

Manifest = dict[str, Any]


class Key(NamedTuple):
    """Namespace and name: of a ModelDeployment in the queue, of any object in the store."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Kind:
    """A kind of namespaced object. `selector` narrows what is listed and watched; empty for all of the kind."""

    name: str
    group: str
    version: str
    plural: str
    selector: str = f"{labels.MANAGED_BY}={labels.OPERATOR}"

    @property
    def api_version(self) -> str:
        """As in `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version


MODEL_DEPLOYMENT: Final = Kind(names.KIND, names.GROUP, names.VERSION, names.PLURAL, selector="")
JOB: Final = Kind("Job", "batch", "v1", "jobs")
POD: Final = Kind("Pod", "", "v1", "pods")
DEPLOYMENT: Final = Kind("Deployment", "apps", "v1", "deployments")
SERVICE: Final = Kind("Service", "", "v1", "services")
CLAIM: Final = Kind("PersistentVolumeClaim", "", "v1", "persistentvolumeclaims")
CONFIG_MAP: Final = Kind("ConfigMap", "", "v1", "configmaps")
AUTOSCALER: Final = Kind("HorizontalPodAutoscaler", "autoscaling", "v2", "horizontalpodautoscalers")
BUDGET: Final = Kind("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets")
NETWORK_POLICY: Final = Kind("NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies")
ENDPOINT_SLICE: Final = Kind("EndpointSlice", "discovery.k8s.io", "v1", "endpointslices")
LEASE: Final = Kind("Lease", "coordination.k8s.io", "v1", "leases", selector="")

APPLIED: Final = (CONFIG_MAP, CLAIM, JOB, DEPLOYMENT, SERVICE, AUTOSCALER, BUDGET, NETWORK_POLICY)
"""Children that the operator makes."""
CHILDREN: Final = (*APPLIED, POD, ENDPOINT_SLICE)
"""With those that Kubernetes' controllers make for them, with labels of ours: EndpointSlices have their Service's."""
WATCHED: Final = (MODEL_DEPLOYMENT, *CHILDREN)
_BY_NAME: Final = {kind.name: kind for kind in WATCHED}


def kind_of(name: str) -> Kind:
    """The kind of a manifest's `kind`. Raises `KeyError` when the operator does not handle it."""
    return _BY_NAME[name]


def selector_of(kind: Kind, shard: str) -> str:
    """What an operator of a shard lists and watches of a kind; the empty shard has what no other one has.

    Children carry no shard, so that their resource can move to another one without being touched.
    """
    if kind is not MODEL_DEPLOYMENT:
        return kind.selector
    return f"{labels.SHARD}={shard}" if shard else f"!{labels.SHARD}"


def key_of(obj: Mapping[str, Any]) -> Key:
    """The key of an object."""
    return Key(obj["metadata"]["namespace"], obj["metadata"]["name"])


def owner_of(kind: Kind, obj: Mapping[str, Any]) -> Key | None:
    """The ModelDeployment that a pass over `obj` is about: itself, by label, or by the controlling reference."""
    if kind is MODEL_DEPLOYMENT:
        return key_of(obj)
    name = labels.label_of(obj, labels.RESOURCE)
    if not name:
        controller = labels.controller_of(obj) or {}
        name = controller.get("name", "") if controller.get("kind") == names.KIND else ""
    return Key(obj["metadata"]["namespace"], name) if name else None


def is_edited(resource: Manifest) -> bool:
    """Whether the spec of a ModelDeployment is newer than what its status is about."""
    return bool(resource["metadata"].get("generation", 0) > resource.get("status", {}).get("observedGeneration", -1))


def lean(kind: Kind, obj: Manifest) -> Manifest:
    """The object without its `managedFields`, which are half of it; what they say of others stays as a few paths."""
    metadata = {name: value for name, value in obj["metadata"].items() if name != "managedFields"}
    if kind.name in REPAIRED and (paths := foreign_fields(obj)):
        metadata[FOREIGN] = paths
    return {**obj, "metadata": metadata}


def version_of(obj: Mapping[str, Any]) -> int:
    """The resourceVersion as a number that grows with each write to the kind; 0 when it is not one.

    Kubernetes promises this order for one kind since 1.35 (KEP-5504); etcd has always kept it.
    """
    text = obj.get("metadata", {}).get("resourceVersion") or ""
    return int(text) if text.isascii() and text.isdigit() else 0
