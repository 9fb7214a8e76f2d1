"""From pydantic's JSON schema to the structural schema that a CustomResourceDefinition takes.

Structural schemas know no `$ref`, no `anyOf` of types and no `const`; lists must say how they merge and how long
they may get. What cannot be said is left open (`x-kubernetes-preserve-unknown-fields`) and checked by the operator.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel

PRESERVE = "x-kubernetes-preserve-unknown-fields"
INT_OR_STRING = "x-kubernetes-int-or-string"
_KEPT = ("pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "maxProperties", "enum")
_LIST = ("x-kubernetes-list-type", "x-kubernetes-list-map-keys")


class SchemaError(ValueError):
    """A model says something that a structural schema cannot."""


def structural(model: type[BaseModel], *, keep_unknown: bool) -> dict[str, Any]:
    """The structural schema of a model. Raises `SchemaError` naming the field when one is not described or bounded.

    With `keep_unknown` objects keep keys that they do not know: the API server would otherwise drop a misspelled key
    in silence, and the operator could not refuse it.
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
            raise SchemaError(f"{where}: has no description")
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
        raise SchemaError(f"{where}: type {kind!r} has no structural form")

    def _union(self, node: dict[str, Any], where: str) -> dict[str, Any]:
        branches = [self._inline(branch) for branch in node["anyOf"]]
        some = [branch for branch in branches if branch.get("type") != "null"]
        if len(some) != 1:
            return {PRESERVE: True}
        # A pasted section may write null for "unset"; in a status nothing is null.
        merged = some[0] | {key: node[key] for key in (*_LIST, "maxItems") if key in node}
        body = self._body(merged, where)
        if len(branches) == 1 or not self._keep_unknown:
            return body
        if "enum" in body:  # the API server refuses null beside an enum, even when the enum lists it
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
            body["properties"] = {key: {"description": f"Amount of {key}.", **child} for key in keys}
            return body | ({PRESERVE: True} if self._keep_unknown else {})
        if "maxProperties" not in node:
            raise SchemaError(f"{where}: a mapping needs max_length")
        return body | {
            "maxProperties": node["maxProperties"],
            "additionalProperties": self.convert(values, f"{where}{{}}"),
        }

    def _array(self, node: dict[str, Any], where: str) -> dict[str, Any]:
        if "maxItems" not in node:
            raise SchemaError(f"{where}: a list needs max_length")
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
    if lost := {"gt", "ge", "lt", "le"} & set(node):  # pydantic's words for a bound that it cannot place
        raise SchemaError(f"the bound {', '.join(lost)} has no place in JSON schema: put it before the validator")
    body = {key: node[key] for key in _KEPT if key in node}
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
