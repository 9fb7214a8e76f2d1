"""The chart's values: their defaults, meaning and schema, from which `values.yaml` and the README are written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import yaml

Object = dict[str, Any]

_TEXT: Object = {"type": "string"}
_TEXTS: Object = {"type": "object", "additionalProperties": {"type": "string"}}
_OBJECTS: Object = {"type": "array", "items": {"type": "object"}}
_OBJECT: Object = {"type": "object"}
_SWITCH: Object = {
    "type": "object",
    "properties": {"enabled": {"type": "boolean"}},
    "required": ["enabled"],
    "additionalProperties": False,
}
_IMAGE: Object = {
    "type": "object",
    "properties": {
        "registry": _TEXT,
        "repository": {"type": "string", "minLength": 1},
        "tag": _TEXT,
        "digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
    },
    "required": ["repository"],
    "additionalProperties": False,
}
_NAME: Object = {"type": "string", "maxLength": 53, "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$"}


@dataclass(frozen=True)
class Value:
    """A value of the chart."""

    name: str
    default: Any
    meaning: str
    schema: Object


def of(deployment: Object) -> list[Value]:
    """All values, with the defaults of the operator's Deployment."""
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    variables = {variable["name"]: variable.get("value", "") for variable in container["env"]}
    image, runtime = image_of(container["image"]), image_of(variables["EASY_MLOPS_RUNTIME_IMAGE"])
    one = {"type": "integer", "minimum": 0}
    return [
        Value("image", image, "Image of the operator. A digest takes precedence over the tag.", _IMAGE),
        Value("runtimeImage", runtime, "Image of Jobs and scoring pods.", _IMAGE),
        Value("imagePullSecrets", [], "Secrets for the registry of the operator's image.", _OBJECTS),
        Value("fullnameOverride", "", "Name of all objects. Defaults to one made of the release's name.", _NAME),
        Value(
            "replicas",
            deployment["spec"]["replicas"],
            "With more than one, leader election selects the active replica; the others are on standby.",
            one,
        ),
        Value("watchNamespace", "", "Watch only this namespace, with permissions for nothing else; empty: all.", _TEXT),
        Value("shard", "", "Reconcile only resources with this value of the label easymlops.dev/shard.", _TEXT),
        Value("resources", container["resources"], "Resources of the operator's container.", _OBJECT),
        Value("nodeSelector", {}, "Labels of nodes that may run the operator.", _TEXTS),
        Value("tolerations", [], "Taints that the operator tolerates.", _OBJECTS),
        Value("affinity", {}, "Affinity of the operator's pods.", _OBJECT),
        Value("podAnnotations", {}, "Annotations of the operator's pods.", _TEXTS),
        Value("podLabels", {}, "Labels of the operator's pods, besides those of the chart.", _TEXTS),
        Value("extraEnv", [], "Environment variables of the operator, such as EASY_MLOPS_ALLOWED_IMAGES.", _OBJECTS),
        Value("networkPolicy", {"enabled": True}, "Whether to restrict the operator's connections.", _SWITCH),
        Value(
            "userRoles",
            {"enabled": True},
            "Whether the roles view, edit and admin include ModelDeployments. Not with watchNamespace.",
            _SWITCH,
        ),
        Value(
            "podMonitor",
            {"enabled": False},
            "Whether the Prometheus operator collects the operator's metrics. Requires its CRDs.",
            _SWITCH,
        ),
    ]


def image_of(text: str) -> Object:
    """An image as values. A first part with a dot or a port is a registry."""
    name, _, digest = text.partition("@")
    first, slash, rest = name.partition("/")
    registry, path = (first, rest) if slash and ("." in first or ":" in first) else ("", name)
    repository, _, tag = path.partition(":")
    return {"registry": registry, "repository": repository, "tag": tag, "digest": digest}


def as_yaml(values: list[Value]) -> str:
    """`values.yaml`."""
    return "".join(f"# {item.meaning}\n{yaml.safe_dump({item.name: item.default})}" for item in values)


def as_schema(values: list[Value]) -> str:
    """`values.schema.json`: a key that is not a value is an error."""
    properties = {item.name: {"description": item.meaning, **item.schema} for item in values}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties | {"global": {"type": "object"}},
        "additionalProperties": False,
    }
    return json.dumps(schema, indent=2) + "\n"


def as_table(values: list[Value]) -> str:
    """The values as a Markdown table."""
    rows = [f"| `{item.name}` | `{json.dumps(item.default)}` | {item.meaning} |" for item in values]
    return "\n".join(["| Value | Default | Meaning |", "|---|---|---|", *rows]) + "\n"
