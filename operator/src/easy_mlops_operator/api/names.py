"""Names: of the API group and kind, of children, and of revisions, which are hashes of what they are trained from."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

GROUP: Final = "easymlops.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
KIND: Final = "ModelDeployment"
PLURAL: Final = "modeldeployments"
CRD_NAME: Final = f"{PLURAL}.{GROUP}"

NAME_LIMIT: Final = 40
"""Characters of a ModelDeployment's name: leaves room for suffixes below the 63 of a label."""

FIELD_MANAGER: Final = "easy-mlops-operator"
"""Field manager of all children; the status has its own so that neither disturbs the other."""
STATUS_MANAGER: Final = "easy-mlops-operator-status"

REPLICAS_MANAGER: Final = "easy-mlops-operator-replicas"
"""Field manager that keeps the number of pods as it is while it passes from the spec to an autoscaler."""

CONFIG_KEY: Final = "modeldeployment.yaml"
"""Key of the run ConfigMap."""

_HASH_DIGITS: Final = 10
"""40 bits: a volume remembers every run it ever saw, so thousands of revisions must not meet."""


def deployment_name(name: str) -> str:
    """Name of the Deployment of scoring pods, of its autoscaler and of its disruption budget."""
    return name


def policy_name(name: str, component: str) -> str:
    """Name of the NetworkPolicy of the pods of a component."""
    return f"{name}-{component}"


def pruner_name(name: str) -> str:
    """Name of the Job that removes artifacts of old revisions; no revision's, for want of a hash at its end."""
    return f"{name}-prune"


def search_name(name: str) -> str:
    """Name of the Job that looks for an earlier deployment to serve; no revision's, for want of a hash at its end."""
    return f"{name}-lastgood"


def is_run_of(name: str, run_id: str) -> bool:
    """Whether a run was of a ModelDeployment of this name, whatever its uid was."""
    return re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{{_HASH_DIGITS}}}-[0-9a-f]{{8}}", run_id) is not None


def directory_argument(directory: str, digest: str) -> str:
    """A directory of the volume with the digest of its SHA256SUMS, as `make-mlops-easy prune` takes it."""
    return f"{directory}={digest}"


def service_name(name: str) -> str:
    """Name of the Service in front of the scoring pods."""
    return name


def claim_name(resource: Mapping[str, Any]) -> str:
    """Name of the claim that a resource uses: `storage.existingClaim`, else its own. Tolerates an invalid spec."""
    spec = resource.get("spec")
    storage = spec.get("storage") if isinstance(spec, Mapping) else None
    existing = storage.get("existingClaim") if isinstance(storage, Mapping) else None
    return existing if isinstance(existing, str) and existing else str(resource["metadata"]["name"])


def revision_name(name: str, inputs: Any) -> str:
    """`<name>-<10 hexadecimal digits>`: the same inputs give the same revision, whatever the order of keys.

    `inputs` is JSON. Numbers that are equal (`1`, `1.0`) count as equal, as YAML's writers do not distinguish them.
    """
    text = json.dumps(_canonical(inputs), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]}"


def run_id(revision: str, uid: str) -> str:
    """Identity of a revision's run: a resource made anew under an old name is not taken for the old one."""
    return f"{revision}-{uid[:8]}"


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
