"""The objects of the overlays as a template."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

import yaml

NAME = "easy-mlops-operator"
USER_ROLES = ("easy-mlops-view", "easy-mlops-edit")
_APP = "app.kubernetes.io/name"
_INSTANCE = "app.kubernetes.io/instance"

Object = dict[str, Any]

_MANY = "gt (int .Values.replicas) 1"
_ONE_NAMESPACE = ".Values.watchNamespace"
_FULL_NAME = '{{ include "operator.fullname" . }}'
_MARKS = {
    "CHART_FULLNAME": _FULL_NAME,
    "CHART_IMAGE": '{{ include "operator.image" (list .Values.image .Chart.AppVersion) | quote }}',
    "CHART_RUNTIME_IMAGE": '{{ include "operator.image" (list .Values.runtimeImage .Chart.AppVersion) | quote }}',
    "CHART_REPLICAS": "{{ .Values.replicas }}",
    "CHART_RESOURCES": "{{ toJson .Values.resources }}",
    "CHART_PULL_SECRETS": "{{ toJson .Values.imagePullSecrets }}",
    "CHART_NODE_SELECTOR": "{{ toJson .Values.nodeSelector }}",
    "CHART_TOLERATIONS": "{{ toJson .Values.tolerations }}",
    "CHART_AFFINITY": "{{ toJson .Values.affinity }}",
    "CHART_POD_ANNOTATIONS": "{{ toJson .Values.podAnnotations }}",
    "CHART_WATCH_NAMESPACE": "{{ .Values.watchNamespace | quote }}",
    "CHART_SHARD": "{{ .Values.shard | quote }}",
    "CHART_NAMESPACE": "{{ .Release.Namespace | quote }}",
    "CHART_RELEASE": "{{ .Release.Name | quote }}",
    "CHART_SERVICE": "{{ .Release.Service | quote }}",
    "CHART_VERSION": "{{ .Chart.AppVersion | quote }}",
    "CHART_CHART": '"{{ .Chart.Name }}-{{ .Chart.Version }}"',
}
"""Placeholders in the objects while they are rendered, and the template expressions that replace them."""
_LINES = {
    r"^( *)CHART_POD_LABELS: .*$": r"\1{{- range $key, $value := .Values.podLabels }}\n"
    r"\1{{ $key }}: {{ $value | quote }}\n\1{{- end }}",
    r"^( *)- CHART_EXTRA_ENV$": r"\1{{- range .Values.extraEnv }}\n\1- {{ toJson . }}\n\1{{- end }}",
}
"""Placeholders that stand for any number of lines."""


def template(rendered: Mapping[str, list[Object]]) -> str:
    """The template of all objects but the CRD. `rendered` has those of cluster, ha, namespaced and monitoring."""
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
        elif item["metadata"]["name"] in USER_ROLES:
            documents.append(_if(f"and .Values.userRoles.enabled (not {_ONE_NAMESPACE})", _rendered(item)))
        elif name not in one_namespace:
            documents.append(_if(f"not {_ONE_NAMESPACE}", _rendered(item)))
        elif many[name] != cluster[name]:
            documents.append(_if(_MANY, _rendered(many[name]), _rendered(cluster[name])))
        elif item["kind"] == "NetworkPolicy":
            documents.append(_if(".Values.networkPolicy.enabled", _rendered(item)))
        else:
            documents.append(_rendered(cluster[name]))
    monitor = copy.deepcopy(by_name["monitoring"]["PodMonitor", NAME])
    monitor["metadata"]["namespace"] = "CHART_NAMESPACE"
    documents.append(_if(".Values.podMonitor.enabled", _rendered(monitor)))
    return "".join(f"---\n{document}" for document in documents)


def _is_templated(item: Object) -> bool:
    """Helm creates the namespace, and installs CRDs from a separate folder."""
    return item["kind"] not in {"Namespace", "CustomResourceDefinition"}


def _if(condition: str, document: str, otherwise: str = "") -> str:
    alternative = f"{{{{- else }}}}\n{otherwise}" if otherwise else ""
    return f"{{{{- if {condition} }}}}\n{document}{alternative}{{{{- end }}}}\n"


def _rendered(item: Object, *, namespace: str = "CHART_NAMESPACE") -> str:
    """An object as YAML, with template expressions for the chart's values."""
    item = _of_release(copy.deepcopy(item))
    if "namespace" in item["metadata"]:
        item["metadata"]["namespace"] = namespace
    for subject in item.get("subjects", ()):
        subject["namespace"] = "CHART_NAMESPACE"
    if item["kind"] == "Deployment":
        _set_values(item)
    text: str = yaml.safe_dump(item, width=1000)
    for pattern, lines in _LINES.items():
        text = re.sub(pattern, lines, text, flags=re.MULTILINE)
    for mark in sorted(_MARKS, key=len, reverse=True):
        text = text.replace(mark, _MARKS[mark])
    return text


def _of_release(item: Object) -> Object:
    """Names, labels and selectors of the release, so that two of them do not collide."""
    metadata = item["metadata"]
    metadata["name"] = _name_of(metadata["name"])
    metadata["labels"] = {
        **metadata.get("labels", {}),
        _INSTANCE: "CHART_RELEASE",
        "app.kubernetes.io/managed-by": "CHART_SERVICE",
        "app.kubernetes.io/version": "CHART_VERSION",
        "helm.sh/chart": "CHART_CHART",
    }
    for reference in (item.get("roleRef"), *item.get("subjects", ())):
        if reference:
            reference["name"] = _name_of(reference["name"])
    _select(item.get("spec", {}))
    return item


def _name_of(name: str) -> str:
    """The name of an object of this chart; the roles of users begin otherwise."""
    if name in USER_ROLES:
        return f"CHART_FULLNAME-{name.rpartition('-')[2]}"
    return name.replace(NAME, "CHART_FULLNAME", 1)


def _select(node: Any) -> None:
    """Add the release to all selectors and to the labels of pods."""
    if isinstance(node, list):
        for item in node:
            _select(item)
    elif isinstance(node, dict):
        if node.get(_APP) == NAME:
            node[_INSTANCE] = "CHART_RELEASE"
        for item in node.values():
            _select(item)


def _set_values(deployment: Object) -> None:
    deployment["spec"]["replicas"] = "CHART_REPLICAS"
    pod = deployment["spec"]["template"]
    pod["metadata"]["annotations"] = "CHART_POD_ANNOTATIONS"
    pod["metadata"]["labels"]["CHART_POD_LABELS"] = ""
    pod["spec"] |= {
        "serviceAccountName": "CHART_FULLNAME",
        "imagePullSecrets": "CHART_PULL_SECRETS",
        "nodeSelector": "CHART_NODE_SELECTOR",
        "tolerations": "CHART_TOLERATIONS",
        "affinity": "CHART_AFFINITY",
    }
    container = pod["spec"]["containers"][0]
    container |= {"image": "CHART_IMAGE", "resources": "CHART_RESOURCES"}
    own = {
        "EASY_MLOPS_RUNTIME_IMAGE": "CHART_RUNTIME_IMAGE",
        "EASY_MLOPS_WATCH_NAMESPACE": "CHART_WATCH_NAMESPACE",
        "EASY_MLOPS_SHARD": "CHART_SHARD",
    }
    others = [variable for variable in container["env"] if variable["name"] not in own]
    chosen = [{"name": variable, "value": value} for variable, value in own.items()]
    container["env"] = [*others, *chosen, "CHART_EXTRA_ENV"]
