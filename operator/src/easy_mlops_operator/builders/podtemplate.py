"""What `podTemplate` of a spec adds to the template of pods. A template without additions stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from easy_mlops_operator.api.spec import PodTemplate

_FIELDS: Final = (
    *("nodeSelector", "tolerations", "serviceAccountName"),
    *("imagePullSecrets", "priorityClassName", "runtimeClassName"),
)
"""Fields of the pod that only a user sets."""
_VERBATIM: Final = ("labels", "annotations", "nodeSelector", "matchLabels")
"""Mappings in which an empty value is one."""


def additions(template: PodTemplate) -> dict[str, Any]:
    """The fields that a user set, without the values that mean the same as none."""
    sent = _sent(template.model_dump(mode="json", by_alias=True, exclude_unset=True))
    return {name: value for name, value in sent.items() if value}


def customized(template: PodTemplate, pod: dict[str, Any]) -> dict[str, Any]:
    """The template `pod` of a Job or of a Deployment, with its single container, and what the user adds to it."""
    added = additions(template)
    if not added:
        return pod
    metadata, spec = pod["metadata"], pod["spec"]
    fields: dict[str, Any] = {name: added[name] for name in _FIELDS if name in added}
    if "affinity" in added:
        fields["affinity"] = _affinity(spec.get("affinity", {}), added["affinity"])
    if template.topology_spread_constraints:
        fields["topologySpreadConstraints"] = _spread(template, metadata["labels"])
    if "volumes" in added:
        fields["volumes"] = [*spec["volumes"], *added["volumes"]]
    (container,) = spec["containers"]
    return {
        "metadata": {**metadata, **_metadata(metadata, added)},
        "spec": {**spec, **fields, "containers": [_container(container, added)]},
    }


def _metadata(own: Mapping[str, Any], added: Mapping[str, Any]) -> dict[str, Any]:
    """Labels and annotations; those of the operator come last, since it selects pods by them."""
    return {name: {**added[name], **own.get(name, {})} for name in ("labels", "annotations") if name in added}


def _container(container: dict[str, Any], added: Mapping[str, Any]) -> dict[str, Any]:
    fields = {"envFrom": added["envFrom"]} if "envFrom" in added else {}
    for name in ("env", "volumeMounts"):
        if name in added:
            fields[name] = [*container[name], *added[name]]
    return {**container, **fields}


def _affinity(own: Mapping[str, Any], added: Mapping[str, Any]) -> dict[str, Any]:
    """Both: the operator only has required terms for pods, all of which must be satisfied."""
    merged = {**own, **added}
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    terms = [*own.get("podAffinity", {}).get(required, ()), *added.get("podAffinity", {}).get(required, ())]
    if terms:
        merged["podAffinity"] = {**added.get("podAffinity", {}), required: terms}
    return merged


def _spread(template: PodTemplate, labels: Mapping[str, str]) -> list[dict[str, Any]]:
    selector = {"labelSelector": {"matchLabels": dict(labels)}}
    return [{**item.model_dump(by_alias=True), **selector} for item in template.topology_spread_constraints]


def _is_omitted(name: str, value: Any) -> bool:
    """Whether the API server leaves this value out of the objects that it returns; sent, it would differ for ever."""
    return value is None or value is False or value in ("", []) or (name in _VERBATIM and not value)


def _sent(value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping) and key not in _VERBATIM:
        sent = {name: _sent(item, name) for name, item in value.items()}
        return {name: item for name, item in sent.items() if not _is_omitted(name, item)}
    return [_sent(item) for item in value] if isinstance(value, list) else value
