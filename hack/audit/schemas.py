"""JSON schemas for kubeconform, from Kubernetes' own OpenAPI document and from our CRD. Unknown fields are errors.

The document is in the Go module of kube-apiserver, in the version of our clusters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from cluster.gobuild import module_source
from cluster.pins import KUBERNETES
from cluster.toolchain import Go

CRDS: Final = Path(__file__).resolve().parents[2] / "crds"
TEMPLATE: Final = "{{ .Group }}_{{ .ResourceAPIVersion }}_{{ .ResourceKind }}.json"
"""Name of a kind's file, in kubeconform's terms."""

Schema = dict[str, Any]
Kind = tuple[str, str, str]
"""Group, version, kind."""

_REFERENCE: Final = "#/definitions/"
_OBJECT_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_INT_OR_STRING: Final = {"anyOf": [{"type": "integer"}, {"type": "string"}]}


def write_schemas(go: Go, folder: Path) -> None:
    """Write a file for each kind into `folder`."""
    source = module_source(go, "k8s.io/kubernetes", KUBERNETES)
    document = json.loads((source / "api" / "openapi-spec" / "swagger.json").read_text())
    definitions = document["definitions"]
    kinds = dict(_kinds(definitions)) | dict(_custom_kinds())
    for (group, version, kind), schema in kinds.items():
        parts = {name: closed(definitions[name]) for name in _reachable(schema, definitions)}
        text = json.dumps({**closed(schema), "definitions": parts})
        # kubeconform uses the version as the group of kinds without a group.
        (folder / f"{group or version}_{version}_{kind.lower()}.json").write_text(text)


def _kinds(definitions: Schema) -> Iterator[tuple[Kind, Schema]]:
    for schema in definitions.values():
        for named in schema.get("x-kubernetes-group-version-kind", ()):
            yield (named["group"], named["version"], named["kind"]), schema


def _custom_kinds() -> Iterator[tuple[Kind, Schema]]:
    for path in sorted(CRDS.glob("*_*.yaml")):
        spec = yaml.safe_load(path.read_text())["spec"]
        for version in spec["versions"]:
            schema = version["schema"]["openAPIV3Schema"]
            named = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
            metadata = {"metadata": {"$ref": _REFERENCE + _OBJECT_META}}
            properties = {**schema["properties"], **named, **metadata}
            yield (spec["group"], version["name"], spec["names"]["kind"]), {**schema, "properties": properties}


def _reachable(schema: Schema, definitions: Schema) -> set[str]:
    """Names of all definitions that a schema refers to, directly or indirectly."""
    reached: set[str] = set()
    pending = [schema]
    while pending:
        names = set(re.findall(f'"{_REFERENCE}([^"]+)"', json.dumps(pending.pop()))) - reached
        reached |= names
        pending += [definitions[name] for name in names]
    return reached


def closed(schema: Any) -> Any:
    """The schema without additional fields in objects, and with int-or-string fields that accept both types."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "int-or-string" or schema.get("x-kubernetes-int-or-string"):
        return _INT_OR_STRING
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return {}
    same = {key: closed(value) for key, value in schema.items() if not key.startswith("x-kubernetes-")}
    if "properties" in schema:
        # These keys are names of fields, one of which may well be `properties`.
        same["properties"] = {name: closed(field) for name, field in schema["properties"].items()}
        same.setdefault("additionalProperties", False)
    return same
