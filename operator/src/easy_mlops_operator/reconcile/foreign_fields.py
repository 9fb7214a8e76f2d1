"""Fields of a child's spec that somebody else has added, and the spec without them.

Who has set a field is in `metadata.managedFields`. What a mutating webhook adds to a request of ours is ours there, as
is what the API server defaults is nobody's: neither is taken back, so that there is nobody to fight with.

References
----------
Kubernetes: Server-Side Apply, field management; the format is `FieldsV1` of structured-merge-diff.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from easy_mlops_operator.api.names import FIELD_MANAGER, REPAIR_MANAGER, REPLICAS_MANAGER

FOREIGN: Final = "foreignFields"
"""Key of `metadata` under which the store keeps the paths, instead of the much longer `managedFields`."""
REPAIRED: Final = frozenset(
    {"Deployment", "Service", "NetworkPolicy", "HorizontalPodAutoscaler", "PodDisruptionBudget"}
)
"""Kinds whose spec is wholly ours. The spec of a Job does not change, and that of a claim is the provisioner's, too."""

_OURS: Final = frozenset({FIELD_MANAGER, REPLICAS_MANAGER, REPAIR_MANAGER})
_CONTROLLERS: Final = frozenset({"kube-controller-manager", "vpa-recommender"})
_ALLOWED: Final = (
    ["replicas"],  # somebody scales it, or an autoscaler; whether they may is decided with the spec
    ["template", "metadata"],  # `kubectl rollout restart`, and annotations for injectors of sidecars
)

_NOTHING: Final = object()

Path = list[Any]
"""Steps from `spec`: the name of a field, `{"key": value}` of an item of a list, or `[value]` of one of a set."""


def foreign_fields(obj: Mapping[str, Any]) -> list[Path]:
    """Paths in the spec of fields that others have set."""
    found: list[Path] = []
    for entry in obj["metadata"].get("managedFields") or ():
        if entry.get("manager") in _OURS | _CONTROLLERS or entry.get("subresource"):
            continue
        fields = (entry.get("fieldsV1") or {}).get("f:spec") or {}
        found += [path for path in _leaves(fields, []) if not any(path[: len(each)] == each for each in _ALLOWED)]
    return found


def repaired_spec(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    """The spec of `live` without what others have added to it; None if there is nothing to take back.

    Fields of `wanted` have their values there, so that the object is valid in between.
    """
    paths = live["metadata"].get(FOREIGN) or ()
    if not paths:
        return None
    spec: dict[str, Any] = copy.deepcopy(live.get("spec") or {})
    for path in sorted(paths, key=len):
        value = _at(wanted["spec"], path)
        if value is _NOTHING:
            _remove(spec, path)
        elif isinstance(path[-1], str):  # a field that is owned as a whole, such as the selector of a Service
            _set(spec, path, copy.deepcopy(value))
    spec = _merged(spec, wanted["spec"])
    return None if spec == live.get("spec") else spec


def _leaves(fields: Mapping[str, Any], path: Path) -> Iterator[Path]:
    """The paths of a `FieldsV1`; an item of a list that is owned as a whole is one, too."""
    for name, below in fields.items():
        if name == ".":
            if path:
                yield path
            continue
        here = [*path, _step(name)]
        if below:
            yield from _leaves(below, here)
        else:
            yield here


def _step(name: str) -> Any:
    kind, _, rest = name.partition(":")
    if kind == "k":
        return json.loads(rest)
    return [json.loads(rest)] if kind in ("v", "i") else rest


def _at(value: Any, path: Iterable[Any]) -> Any:
    """What is at a path; `_NOTHING` if it leads nowhere."""
    for step in path:
        index = _index(value, step)
        if index is None:
            return _NOTHING
        value = value[index]
    return value


def _remove(value: Any, path: Path) -> None:
    """Remove what is at a path, if it is there."""
    holder = _at(value, path[:-1])
    index = _index(holder, path[-1])
    if index is not None:
        del holder[index]


def _set(value: Any, path: Path, new: Any) -> None:
    """Set the field at a path, if what it is a field of is there."""
    holder = _at(value, path[:-1])
    if isinstance(holder, dict):
        holder[path[-1]] = new


def _index(value: Any, step: Any) -> Any:
    """Where a step leads in a mapping or list; None if it leads nowhere."""
    if isinstance(step, str):
        return step if isinstance(value, Mapping) and step in value else None
    if not isinstance(value, list):
        return None
    if isinstance(step, Mapping):
        same = (i for i, item in enumerate(value) if isinstance(item, Mapping) and step.items() <= item.items())
        return next(same, None)
    return value.index(step[0]) if step[0] in value else None


def _merged(live: Any, wanted: Any) -> Any:
    """`live` with the values of `wanted`; of lists, items that both have by name keep what the API server defaulted."""
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        return {**live, **{key: _merged(live.get(key), item) for key, item in wanted.items()}}
    if isinstance(wanted, list) and isinstance(live, list):
        named = {item["name"]: item for item in live if isinstance(item, Mapping) and "name" in item}
        return [_merged(named.get(item["name"]), item) if _is_named(item) else item for item in wanted]
    return wanted


def _is_named(item: Any) -> bool:
    return isinstance(item, Mapping) and "name" in item
