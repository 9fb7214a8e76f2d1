"""The same API calls as the operator has made, by a plain loop: python tests/scale/bare_loop.py < work.json

`work.json`: `children` (one resource's, as they are in the cluster), `template` (that resource's name, namespace and
uid), `resources` (the same of all others, by name), `calls` (verb → how many each resource cost). Prints seconds and
processor time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "hack"))

from api_server import API_OF
from kube import Object
from plain_api import PlainApi, each, path

PLURAL = {
    "ConfigMap": "configmaps",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "NetworkPolicy": "networkpolicies",
    "Job": "jobs",
    "Deployment": "deployments",
    "Service": "services",
}
SERVERS_OWN = ("managedFields", "uid", "resourceVersion", "creationTimestamp", "generation", "annotations")


async def grow(work: Object) -> tuple[float, float]:
    """Apply the children of all resources, each after a look whether it is there, and their status."""
    async with PlainApi.connect() as api:

        async def make(name: str) -> None:
            looks, namespace = work["calls"]["get"], work["resources"][name]["namespace"]
            for child in work["children"]:
                body = renamed(child, work, name)
                where = path(PLURAL[body["kind"]], namespace, body["metadata"]["name"])
                if looks > 0:
                    await api.find(where)
                    looks -= 1
                await api.apply(where, body)
            where = path("modeldeployments", namespace, name, "status")
            for number in range(work["calls"]["status"]):
                await api.apply(where, status(renamed(work["parent"], work, name), number))
            for number in range(work["calls"]["event"]):
                await api.create(path("events", namespace), event(namespace, name, number))

        return await timed(each(work["resources"], make))


async def list_all(work: Object) -> tuple[float, float]:
    """List all kinds that the operator watches, in all namespaces, as a restart does, in pages of 500."""
    async with PlainApi.connect() as api:

        async def pages() -> None:
            for kind in sorted(set(API_OF) & set(work["kinds"])):
                query = {"limit": "500"}
                while True:
                    found = await api.get(path(kind), **query)
                    if not (following := found["metadata"].get("continue")):
                        break
                    query["continue"] = following

        return await timed(pages())


async def timed(work: Awaitable[None]) -> tuple[float, float]:
    started, before = time.monotonic(), time.process_time()
    await work
    return time.monotonic() - started, time.process_time() - before


def without_servers_own(live: Object) -> Object:
    """As somebody may apply it who does not know what the server adds."""
    body: Object = json.loads(json.dumps({key: value for key, value in live.items() if key != "status"}))
    for field in SERVERS_OWN:
        body["metadata"].pop(field, None)
    if body["kind"] == "Job":
        body["spec"].pop("selector")
        labels = body["spec"]["template"]["metadata"]["labels"]
        for label in [label for label in labels if label.rpartition("/")[2] in {"controller-uid", "job-name"}]:
            del labels[label]
    for field in ("clusterIP", "clusterIPs", "volumeName"):
        body["spec" if "spec" in body else "metadata"].pop(field, None)
    return body


def renamed(manifest: Object, work: Object, name: str) -> Object:
    """One resource's manifest, for another resource."""
    text = json.dumps(manifest)
    for field in ("uid", "namespace", "name"):
        text = text.replace(work["template"][field], work["resources"][name][field])
    body: Object = json.loads(text)
    return body


def status(parent: Object, number: int) -> Object:
    """The status, each time a little different, as it is while work goes on."""
    changed = json.loads(json.dumps(parent["status"]))
    changed["conditions"][0]["message"] = f"step {number}"
    metadata = {field: parent["metadata"][field] for field in ("name", "namespace")}
    return {"apiVersion": parent["apiVersion"], "kind": parent["kind"], "metadata": metadata, "status": changed}


def event(namespace: str, name: str, number: int) -> Object:
    regarding = {
        "apiVersion": "easymlops.dev/v1alpha1",
        "kind": "ModelDeployment",
        "namespace": namespace,
        "name": name,
    }
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{name}.{number}", "namespace": namespace},
        "involvedObject": regarding,
        "reason": "Step",
        "message": f"step {number}",
        "type": "Normal",
    }


if __name__ == "__main__":
    read = json.load(sys.stdin)
    seconds, cpu = asyncio.run((grow if "children" in read else list_all)(read))
    print(json.dumps({"seconds": seconds, "cpu": cpu}))
