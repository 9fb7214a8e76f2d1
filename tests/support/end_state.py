"""What stands in the cluster for a resource once all is done, without what differs each time."""

from __future__ import annotations

import json
import re

from kube import Namespace, Object

CHILDREN = ("jobs", "deployments", "services", "pvc", "networkpolicies")


def end_state(namespace: Namespace, name: str) -> str:
    """Comparable between resources of one spec, whatever they, their namespaces and their revisions are called."""
    resource = namespace.get("md", name)
    status = resource["status"]
    selector = f"easymlops.dev/modeldeployment={name}"
    pods = [pod for pod in namespace.list("pods", selector) if "deletionTimestamp" not in pod["metadata"]]
    found = {
        "conditions": {c["type"]: (c["status"], c.get("reason")) for c in status["conditions"]},
        "active": status["activeRevision"],
        "revisions": [{key: each.get(key) for key in ("name", "state", "directory")} for each in status["revisions"]],
        "serving": status["serving"]["readyReplicas"],
        "children": {kind: [_child(child) for child in namespace.list(kind, selector)] for kind in CHILDREN},
        "pods": sorted(pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in pods),
    }
    text = json.dumps(found, indent=1, sort_keys=True).replace(status["activeRevision"], "REVISION")
    text = re.sub(r"(?<=REVISION-)[0-9a-f]{8}", "UID", text)  # a run's ID has the beginning of the resource's
    return text.replace(namespace.name, "NAMESPACE").replace(name, "NAME")


def _child(child: Object) -> Object:
    """Its name, and what its pods are made of."""
    template = child["spec"].get("template", {}).get("spec", {})
    return {"name": child["metadata"]["name"], "containers": template.get("containers")}
