"""From pydantic's JSON schema to the structural schema that a CustomResourceDefinition takes.

Structural schemas do not support `$ref`, `anyOf` of types and `const`; lists must declare how they merge and their
maximum length. What they cannot express is left open (`x-kubernetes-preserve-unknown-fields`), and the operator checks
it.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel

PRESERVE = "x-kubernetes-preserve-unknown-fields"
INT_OR_STRING = "x-kubernetes-int-or-string"
_COPIED = ("pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "maxProperties", "enum")
_LIST = ("x-kubernetes-list-type", "x-kubernetes-list-map-keys")


class StructuralSchemaError(ValueError):
    """A model cannot be expressed as a structural schema."""


def structural(model: type[BaseModel], *, keep_unknown: bool) -> dict[str, Any]:
    """The structural schema of a model. Raises `StructuralSchemaError` naming a field without a description or bound.

    With `keep_unknown`, objects preserve unknown keys: the API server would otherwise drop a misspelled key silently,
    and the operator would not be able to refuse it.
    """
    raw = model.model_json_schema(by_alias=True, mode="validation")
    return _Walk(raw.get("$defs", {}), keep_unknown).convert(raw, model.__name__)


class _Walk:
    def __init__(self, definitions: dict[str, Any], keep_unknown: bool) -> None:
        self._definitions = definitions
        self._keep_unknown = keep_unknown

    def convert(self, node: dict[str, Any], where: str) -> dict[str, Any]:
        node = self._inline(node)
        text = " ".join(str(node.get("description", "")).split())
        if not text and not where.endswith(("[]", "{}")):
            raise StructuralSchemaError(f"{where}: has no description")
        if self._keep_unknown:
            text += _default(node)
        return ({"description": text} if text else {}) | self._body(node, where)

    def _body(self, node: dict[str, Any], where: str) -> dict[str, Any]:
        if "anyOf" in node:
            return self._union(node, where)
        kind = node.get("type")
        if kind == "object":
            return self._object(node, where)
        if kind == "array":
            return self._array(node, where)
        if INT_OR_STRING in node:
            bounds: dict[str, Any] = {key: node[key] for key in ("pattern", "maxLength") if key in node}
            return {INT_OR_STRING: True, "anyOf": [{"type": "integer"}, {"type": "string"}], **bounds}
        if kind in ("string", "integer", "number", "boolean"):
            return {"type": kind} | _scalar(node)
        if kind is None:
            return {PRESERVE: True}
        raise StructuralSchemaError(f"{where}: type {kind!r} has no structural form")

    def _union(self, node: dict[str, Any], where: str) -> dict[str, Any]:
        branches = [self._inline(branch) for branch in node["anyOf"]]
        some = [branch for branch in branches if branch.get("type") != "null"]
        if len(some) != 1:
            return {PRESERVE: True}
        # A section of a config.yaml may have null for an unset value; a status has no null.
        merged = some[0] | {key: node[key] for key in (*_LIST, "maxItems") if key in node}
        body = self._body(merged, where)
        if len(branches) == 1 or not self._keep_unknown:
            return body
        if "enum" in body:  # the API server refuses null for an enum, even if the enum includes it
            body["pattern"] = f"^({'|'.join(map(re.escape, body.pop('enum')))})$"
        return body | {"nullable": True}

    def _object(self, node: dict[str, Any], where: str) -> dict[str, Any]:
        body: dict[str, Any] = {"type": "object"}
        if "properties" in node:
            if node.get("required"):
                body["required"] = list(node["required"])
            body["properties"] = {
                name: self.convert(child, f"{where}.{name}") for name, child in node["properties"].items()
            }
            return body | ({PRESERVE: True} if self._keep_unknown else {})
        values = node.get("additionalProperties")
        if not isinstance(values, dict):
            return {**body, PRESERVE: True}
        keys = node.get("propertyNames", {}).get("enum")
        if keys:
            child = self._body(self._inline(values), f"{where}{{}}")
            body["properties"] = {key: {"description": f"Quantity of {key}.", **child} for key in keys}
            return body | ({PRESERVE: True} if self._keep_unknown else {})
        if "maxProperties" not in node:
            raise StructuralSchemaError(f"{where}: a mapping needs max_length")
        return body | {
            "maxProperties": node["maxProperties"],
            "additionalProperties": self.convert(values, f"{where}{{}}"),
        }

    def _array(self, node: dict[str, Any], where: str) -> dict[str, Any]:
        if "maxItems" not in node:
            raise StructuralSchemaError(f"{where}: a list needs max_length")
        body: dict[str, Any] = {"type": "array"}
        body |= {key: node[key] for key in ("minItems", "maxItems") if key in node}
        body["x-kubernetes-list-type"] = node.get("x-kubernetes-list-type", "atomic")
        if "x-kubernetes-list-map-keys" in node:
            body["x-kubernetes-list-map-keys"] = node["x-kubernetes-list-map-keys"]
        return {**body, "items": self.convert(node["items"], f"{where}[]")}

    def _inline(self, node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in node:
            return node
        target = self._definitions[node["$ref"].removeprefix("#/$defs/")]
        return {**self._inline(target), **{key: value for key, value in node.items() if key != "$ref"}}


def _scalar(node: dict[str, Any]) -> dict[str, Any]:
    if lost := {"gt", "ge", "lt", "le"} & set(node):  # how pydantic writes a bound for which JSON schema has no keyword
        raise StructuralSchemaError(
            f"the bound {', '.join(lost)} is not valid in JSON schema: put it before the validator"
        )
    body = {key: node[key] for key in _COPIED if key in node}
    if "const" in node:
        body["enum"] = [node["const"]]
    if "format" in node:
        body["format"] = node["format"]
    for bound in ("Minimum", "Maximum"):
        if f"exclusive{bound}" in node:
            body[bound.lower()] = node[f"exclusive{bound}"]
            body[f"exclusive{bound}"] = True
    if node.get("type") == "integer" and abs(body.get("maximum", 0)) >= 2**31:
        body["format"] = "int64"
    return body


def _default(node: dict[str, Any]) -> str:
    default = node.get("default")
    if isinstance(default, bool):
        return f" Default: {str(default).lower()}."
    if default == "" or not isinstance(default, str | int | float):
        return ""
    return f" Default: {default}."
