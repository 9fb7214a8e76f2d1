"""Names: those of the contract with the pods, and those of the children of a resource."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from easy_mlops.contract import (
    API_VERSION,
    GROUP,
    KIND,
    NAME_LIMIT,
    NAME_PATTERN,
    PLURAL,
    RESOURCE_FILE,
    VERSION,
    directory_argument,
    is_resource_name,
    is_run_of,
    revision_of,
    run_id,
)

__all__ = [
    "API_VERSION",
    "CRD_NAME",
    "FIELD_MANAGER",
    "GROUP",
    "KIND",
    "NAME_LIMIT",
    "NAME_PATTERN",
    "PLURAL",
    "REPAIR_MANAGER",
    "REPLICAS_MANAGER",
    "RESOURCE_FILE",
    "STATUS_MANAGER",
    "VERSION",
    "claim_name",
    "deployment_name",
    "directory_argument",
    "is_resource_name",
    "is_run_of",
    "policy_name",
    "pruner_name",
    "revision_name",
    "run_id",
    "search_name",
    "service_name",
]

CRD_NAME: Final = f"{PLURAL}.{GROUP}"

FIELD_MANAGER: Final = "easy-mlops-operator"
"""Field manager of all children. The status has a field manager of its own."""
STATUS_MANAGER: Final = "easy-mlops-operator-status"

REPAIR_MANAGER: Final = "easy-mlops-operator-repair"
"""Field manager that takes back what others have added to a child's spec; server-side apply cannot."""

REPLICAS_MANAGER: Final = "easy-mlops-operator-replicas"
"""Field manager that preserves the number of pods while its management moves from the spec to an autoscaler."""


def deployment_name(name: str) -> str:
    """Name of the Deployment of scoring pods, of its autoscaler and of its disruption budget."""
    return name


def policy_name(name: str, component: str) -> str:
    """Name of the NetworkPolicy of the pods of a component."""
    return f"{name}-{component}"


def pruner_name(name: str) -> str:
    """Name of the Job that removes artifacts of old revisions. It has no hash, so it differs from any revision."""
    return f"{name}-prune"


def search_name(name: str) -> str:
    """Name of the Job that searches for an earlier deployment. It has no hash, so it differs from any revision."""
    return f"{name}-lastgood"


def service_name(name: str) -> str:
    """Name of the Service in front of the scoring pods."""
    return name


def claim_name(resource: Mapping[str, Any]) -> str:
    """Name of the claim that a resource uses: `storage.existingClaim`, or its own. The spec may be invalid."""
    spec = resource.get("spec")
    storage = spec.get("storage") if isinstance(spec, Mapping) else None
    existing = storage.get("existingClaim") if isinstance(storage, Mapping) else None
    return existing if isinstance(existing, str) and existing else str(resource["metadata"]["name"])


def revision_name(name: str, inputs: Any) -> str:
    """`<name>-<10 hexadecimal digits>`: equal inputs give the same revision, regardless of the order of keys.

    `inputs` is JSON. `1` and `1.0` are equal, since YAML writers do not distinguish them.
    """
    text = json.dumps(_canonical(inputs), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return revision_of(name, hashlib.sha256(text.encode()).hexdigest())


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
