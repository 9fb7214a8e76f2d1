"""The same API calls as the operator has made, by a plain loop: python tests/scale/bare_loop.py < work.json

`work.json`: `children` (one resource's, as they are in the cluster, in the order in which they are made), `template`
(that resource's name, namespace and uid), `resources` (manifests of all others), `calls` (verb → how many each
resource cost), `seconds` (the limit). Prints seconds and processor time.
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
from plain_api import IN_FLIGHT, PlainApi, path
from watching import watched

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
    """Create all resources and, in the order that any operator has to observe, what belongs to each of them.

    Its Job and what the Job needs come first; the rest follows once the Job is complete, as the watch shows it.
    """
    last = next(index for index, child in enumerate(work["children"]) if child["kind"] == "Job")
    before, after = work["children"][: last + 1], work["children"][last + 1 :]
    slots = asyncio.Semaphore(IN_FLIGHT)
    async with PlainApi.connect() as api, watched(api, "jobs") as jobs:

        async def make(manifest: Object) -> None:
            async with slots:
                parent = await api.create(path("modeldeployments", manifest["metadata"]["namespace"]), manifest)
                await _apply_all(api, _for(parent, before, work), looks=work["calls"]["get"])
                await _report(api, parent, work, range(1))
            (job,) = _for(parent, before[-1:], work)
            await jobs.until([job["metadata"]["name"]], _is_complete, work["seconds"])
            async with slots:
                await _apply_all(api, _for(parent, after, work))
                await _report(api, parent, work, range(1, work["calls"]["status"]))
                for number in range(work["calls"]["event"]):
                    where = parent["metadata"]["namespace"], parent["metadata"]["name"]
                    await api.create(path("events", where[0]), event(*where, number))

        async def make_all() -> None:
            async with asyncio.TaskGroup() as group:
                for manifest in work["resources"]:
                    group.create_task(make(manifest))

        return await timed(make_all())


async def _apply_all(api: PlainApi, children: list[Object], looks: int = 0) -> None:
    """Apply them one by one, the first of them after a look whether it is there."""
    for number, body in enumerate(children):
        if number < looks:
            await api.find(_path(body))
        await api.apply(_path(body), body)


async def _report(api: PlainApi, parent: Object, work: Object, numbers: range) -> None:
    for number in numbers:
        namespace, name = parent["metadata"]["namespace"], parent["metadata"]["name"]
        body = status({**parent, "status": work["parent"]["status"]}, number)
        await api.apply(path("modeldeployments", namespace, name, "status"), body)


def _for(parent: Object, children: list[Object], work: Object) -> list[Object]:
    """The template's children, for another resource."""
    return [renamed(child, work["template"], parent["metadata"]) for child in children]


def _is_complete(job: Object) -> bool:
    conditions = job.get("status", {}).get("conditions", [])
    return any(item["type"] == "Complete" and item["status"] == "True" for item in conditions)


def _path(child: Object) -> str:
    return path(PLURAL[child["kind"]], child["metadata"]["namespace"], child["metadata"]["name"])


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


def renamed(manifest: Object, template: Object, own: Object) -> Object:
    """The template's manifest, for the resource with these metadata."""
    text = json.dumps(manifest)
    for field in ("uid", "namespace", "name"):
        text = text.replace(template[field], own[field])
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
