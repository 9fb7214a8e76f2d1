"""A pod of a test that looks at, or writes to, a claim; within the restricted pod security standard."""

from __future__ import annotations

import os
from typing import Any

from kube import Object


def claim_pod(name: str, claim: str, code: str, **spec: Any) -> Object:
    """Runs Python code with the claim at /data; `spec` has more fields of the pod."""
    container = {
        "name": name,
        "image": os.environ["RUNTIME_IMAGE"],
        "command": ["python3", "-c", code],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "fsGroup": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]
    pod = {"restartPolicy": "Never", "securityContext": security, "containers": [container], "volumes": volumes, **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": pod}
