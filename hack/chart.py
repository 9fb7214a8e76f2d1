"""The Helm chart, generated from the rendered overlays: the chart's values select between their differences.

Objects that only `ha` has depend on `replicas`, objects that only `cluster` or `namespaced` has on `watchNamespace`.
Everything about the operator comes from the overlays.
"""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

NAME = "easy-mlops-operator"
ROOT = Path(__file__).resolve().parent.parent

Object = dict[str, Any]

_MANY = "gt (int .Values.replicas) 1"
_ONE_NAMESPACE = ".Values.watchNamespace"
_VALUES = {
    "CHART_IMAGE": "{{ .Values.image | quote }}",
    "CHART_RUNTIME_IMAGE": "{{ .Values.runtimeImage | quote }}",
    "CHART_REPLICAS": "{{ .Values.replicas }}",
    "CHART_RESOURCES": "{{ toJson .Values.resources }}",
    "CHART_WATCH_NAMESPACE": "{{ .Values.watchNamespace | quote }}",
    "CHART_NAMESPACE": "{{ .Release.Namespace | quote }}",
}
"""Placeholders in the objects while they are rendered, and the template expressions that replace them."""


def files(rendered: Mapping[str, list[Object]]) -> dict[str, str]:
    """The chart's files by their path. `rendered` has the objects of the overlays cluster, ha and namespaced."""
    crds = [item for item in rendered["cluster"] if item["kind"] == "CustomResourceDefinition"]
    deployment = next(item for item in rendered["cluster"] if item["kind"] == "Deployment")
    values = _values(deployment)
    return {
        "Chart.yaml": yaml.safe_dump(_description(), sort_keys=False),
        "values.yaml": _commented(values),
        "values.schema.json": json.dumps(_schema(values), indent=2) + "\n",
        "crds/modeldeployments.yaml": yaml.safe_dump_all(crds, width=120),
        "templates/operator.yaml": _template(rendered),
    }


def _template(rendered: Mapping[str, list[Object]]) -> str:
    by_name = {
        overlay: {(item["kind"], item["metadata"]["name"]): item for item in objects if _is_templated(item)}
        for overlay, objects in rendered.items()
    }
    cluster, many, one_namespace = (by_name[overlay] for overlay in ("cluster", "ha", "namespaced"))
    documents = []
    for name, item in {**cluster, **many, **one_namespace}.items():
        if name not in cluster and name in many:
            documents.append(_if(_MANY, _rendered(item)))
        elif name not in cluster:
            documents.append(_if(_ONE_NAMESPACE, _rendered(item, namespace="CHART_WATCH_NAMESPACE")))
        elif name not in one_namespace:
            documents.append(_if(f"not {_ONE_NAMESPACE}", _rendered(item)))
        elif many[name] != cluster[name]:
            documents.append(_if(_MANY, _rendered(many[name]), _rendered(cluster[name])))
        else:
            documents.append(_rendered(cluster[name]))
    return "".join(f"---\n{document}" for document in documents)


def _is_templated(item: Object) -> bool:
    """Helm creates the namespace, and installs CRDs from a separate folder."""
    return item["kind"] not in {"Namespace", "CustomResourceDefinition"}


def _if(condition: str, document: str, otherwise: str = "") -> str:
    alternative = f"{{{{- else }}}}\n{otherwise}" if otherwise else ""
    return f"{{{{- if {condition} }}}}\n{document}{alternative}{{{{- end }}}}\n"


def _rendered(item: Object, *, namespace: str = "CHART_NAMESPACE") -> str:
    """An object as YAML, with template expressions for the chart's values."""
    item = copy.deepcopy(item)
    if "namespace" in item["metadata"]:
        item["metadata"]["namespace"] = namespace
    for subject in item.get("subjects", ()):
        subject["namespace"] = "CHART_NAMESPACE"
    if item["kind"] == "Deployment":
        item["spec"]["replicas"] = "CHART_REPLICAS"
        container = item["spec"]["template"]["spec"]["containers"][0]
        container |= {"image": "CHART_IMAGE", "resources": "CHART_RESOURCES"}
        own = {"EASY_MLOPS_RUNTIME_IMAGE": "CHART_RUNTIME_IMAGE", "EASY_MLOPS_WATCH_NAMESPACE": "CHART_WATCH_NAMESPACE"}
        others = [variable for variable in container["env"] if variable["name"] not in own]
        container["env"] = [*others, *({"name": variable, "value": value} for variable, value in own.items())]
    text: str = yaml.safe_dump(item, width=120)
    for mark, expression in _VALUES.items():
        text = text.replace(mark, expression)
    return text


def _values(deployment: Object) -> Object:
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    variables = {variable["name"]: variable.get("value", "") for variable in container["env"]}
    return {
        "image": container["image"],
        "runtimeImage": variables["EASY_MLOPS_RUNTIME_IMAGE"],
        "replicas": deployment["spec"]["replicas"],
        "watchNamespace": "",
        "resources": container["resources"],
    }


_MEANINGS = {
    "image": "Image of the operator.",
    "runtimeImage": "Image of Jobs and scoring pods.",
    "replicas": "With more than one, leader election selects the active replica; the others are on standby.",
    "watchNamespace": "Watch only this namespace, with permissions for nothing else; empty for all namespaces.",
    "resources": "Resources of the operator's container.",
}


def _commented(values: Object) -> str:
    return "".join(f"# {_MEANINGS[name]}\n{yaml.safe_dump({name: value})}" for name, value in values.items())


def _schema(values: Object) -> Object:
    types: dict[type, Object] = {
        str: {"type": "string"},
        int: {"type": "integer", "minimum": 0},
        dict: {"type": "object"},
    }
    properties = {name: {"description": _MEANINGS[name], **types[type(value)]} for name, value in values.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties | {"global": {"type": "object"}},
        "additionalProperties": False,
    }


def _description() -> Object:
    project = tomllib.loads((ROOT / "operator" / "pyproject.toml").read_text())["project"]
    return {
        "apiVersion": "v2",
        "name": NAME,
        "description": project["description"],
        "type": "application",
        "version": project["version"],
        "appVersion": project["version"],
        "kubeVersion": ">=1.32.0-0",
    }
