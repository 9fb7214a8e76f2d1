"""Objects as the API server and Kubernetes' controllers make them, for the cluster in a few lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Object = dict[str, Any]


def endpoint_slice(service: Object, pods: Iterable[Object]) -> Object:
    """What the EndpointSlice controller makes of a Service and the scoring pods."""
    selector = service["spec"].get("selector", {}).items()
    endpoints = [
        {
            "conditions": {"ready": {"type": "Ready", "status": "True"} in pod["status"].get("conditions", [])},
            "targetRef": {"kind": "Pod", "name": pod["metadata"]["name"]},
        }
        for pod in pods
        if selector and selector <= pod["metadata"]["labels"].items()
    ]
    return {"endpoints": endpoints, "ports": [{"name": "http", "port": 8080}]}


def ready_status() -> Object:
    """Status of a pod that is ready."""
    conditions = [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": "True"}]
    running = [{"name": "serving", "ready": True, "state": {"running": {}}}]
    return {"phase": "Running", "conditions": conditions, "containerStatuses": running}


def unready_status() -> Object:
    """Status of a pod that runs and is not ready."""
    running = [{"name": "serving", "ready": False, "state": {"running": {}}}]
    return {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}], "containerStatuses": running}


def defaulted(obj: Object) -> Object:
    """The object with the defaults that the API server fills in, or some of them."""
    spec = obj.get("spec", {})
    if obj["kind"] == "Deployment":
        spec.setdefault("replicas", 1)
    if obj["kind"] == "Service":
        spec |= {"type": "ClusterIP", "clusterIP": "10.0.0.7", "sessionAffinity": "None"}
    if obj["kind"] == "PersistentVolumeClaim":
        spec.setdefault("storageClassName", "standard")
        spec["volumeMode"] = "Filesystem"
    if "template" in spec:
        pod = spec["template"]["spec"]
        pod |= {"dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler"}
        pod.setdefault("restartPolicy", "Always")
        for container in pod["containers"]:
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if probe in container:
                    container[probe] |= {"successThreshold": 1}
                    container[probe]["httpGet"] |= {"scheme": "HTTP"}
    return obj
