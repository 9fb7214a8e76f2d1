"""Whether a live object still has the fields that we set.

Only fields that we set are compared; what the API server defaults and what others add is theirs. A field that we no
longer set cannot be detected that way, so each manifest carries its own hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from easy_mlops_operator.api.labels import APPLIED_HASH

_KEYS: Final = {
    "containers": "name",
    "env": "name",
    "ownerReferences": "uid",
    "ports": "name",
    "volumeMounts": "mountPath",
    "volumes": "name",
}
"""Lists whose items are identified by a key, as server-side apply does."""


def stamped(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with an annotation that holds its hash."""
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    metadata = manifest["metadata"]
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    annotations = {**metadata.get("annotations", {}), APPLIED_HASH: digest}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def first_difference(wanted: Any, live: Any, where: str = "") -> str:
    """Path of the first field that `live` has otherwise; empty when `live` has all of `wanted`."""
    if isinstance(wanted, Mapping):
        if not isinstance(live, Mapping):
            return where or "."
        found = (first_difference(item, live.get(key), f"{where}.{key}") for key, item in wanted.items())
        return next((path for path in found if path), "")
    if isinstance(wanted, list):
        return _list_difference(wanted, live, where)
    return "" if wanted == live and isinstance(wanted, bool) == isinstance(live, bool) else where or "."


def _list_difference(wanted: list[Any], live: Any, where: str) -> str:
    if not isinstance(live, list):
        return where
    key = _KEYS.get(where.rpartition(".")[2])
    if key is None or not all(isinstance(item, Mapping) and key in item for item in wanted):
        if len(wanted) != len(live):
            return where
        pairs = [(item, live[index], f"{where}[{index}]") for index, item in enumerate(wanted)]
    else:
        by_key = {item.get(key): item for item in live if isinstance(item, Mapping)}
        pairs = [(item, by_key.get(item[key]), f"{where}[{item[key]}]") for item in wanted]
    return next((path for item, other, at in pairs if (path := first_difference(item, other, at))), "")
