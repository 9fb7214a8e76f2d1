"""A `podTemplate` that uses every field."""

from __future__ import annotations

from typing import Any, Final

ADDITIONS: Final[dict[str, Any]] = {
    "labels": {"team": "credit", "empty": ""},
    "annotations": {"example.com/owner": "credit"},
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0}],
    "affinity": {
        "nodeAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 1, "preference": {"matchExpressions": [{"key": "disk", "operator": "Exists", "values": []}]}}
            ]
        },
        "podAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "topology.kubernetes.io/zone", "labelSelector": {"matchLabels": {"cache": ""}}}
            ]
        },
    },
    "topologySpreadConstraints": [{"topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule"}],
    "serviceAccountName": "models",
    "imagePullSecrets": [{"name": "registry"}],
    "priorityClassName": "system-cluster-critical",
    "runtimeClassName": "sandboxed",
    "env": [
        {"name": "HTTPS_PROXY", "value": "http://proxy:3128"},
        {"name": "NO_PROXY", "value": ""},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "registry", "key": "token"}}},
    ],
    "envFrom": [{"configMapRef": {"name": "settings"}}],
    "volumes": [
        {"name": "ca", "configMap": {"name": "ca"}},
        {"name": "keys", "secret": {"secretName": "keys"}},
        {"name": "lookup", "persistentVolumeClaim": {"claimName": "lookup"}},
    ],
    "volumeMounts": [
        {"name": "ca", "mountPath": "/etc/ca", "readOnly": True},
        {"name": "keys", "mountPath": "/etc/keys", "subPath": "a/b"},
        {"name": "lookup", "mountPath": "/lookup", "readOnly": False},
    ],
}
