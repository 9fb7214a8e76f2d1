"""New resources, all at once: how long until all their children are made, and until all are Ready."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

from bare_loop import PLURAL, without_servers_own
from fleet import new_fleet
from footprint import memory
from kube import Object, is_settled
from plain_api import path
from report import Report, Row
from under_test import UnderTest

BARE_LOOP = Path(__file__).with_name("bare_loop.py")
OWNER = "easymlops.dev/modeldeployment"


async def measure(test: UnderTest, template: str, report: Report) -> Object:
    """Grow the fleet; the work that it was, for a bare loop."""
    test.start_operator()
    await test.fleet.make(test.api, [template])
    assert await test.resources.until([template], is_settled, 120), (
        f"no first resource: {test.operator.log.read_text()[-3000:]}"
    )
    await test.wait_quiet()
    children = await _children(test, template)
    before, cpu, started = await test.requests(), test.cpu(), time.monotonic()
    made, _, services, ready = await asyncio.gather(
        test.deployments.until(test.names, lambda _: True, test.limit),
        test.fleet.make(test.api, test.names),
        test.services.until(test.names, lambda _: True, test.limit),
        test.resources.until(test.names, is_settled, test.limit),
    )
    used = test.cpu() - cpu
    spent = await test.requests() - before
    size = len(test.names)
    missing = size - len(ready)
    made_in = max([*made.values(), *services.values()]) - started
    report.add(Row(f"{size} new → all children made", made_in, "s", test.goal(60)))
    report.add(Row(f"{size} new → all Ready", max(ready.values()) - started, "s", test.goal(120)))
    report.add(Row("  not Ready after all", missing, "", 0))
    report.add(Row("  processor time of the operator", used, "s"))
    report.add(Row("  API calls for each", sum(spent.values()) / size, "", beside=_said(spent, size)))
    report.add(Row("  memory, peak", memory(test.pid, "VmHWM"), "MB"))
    parent = test.resources.objects[template]
    calls = {
        "get": round(spent["get"] / size),
        "status": round(spent["apply_status"] / size),
        "event": round((spent["create"] + spent["patch"]) / size),
    }
    return {"children": children, "parent": parent, "template": _identity(parent), "calls": calls, "made": made_in}


async def measure_bare(test: UnderTest, work: Object, report: Report) -> None:
    """The same by a bare loop, in namespaces of its own and seen by the same watches; no operator may run meanwhile."""
    names = [f"bare-{name}" for name in test.names]
    async with new_fleet(test.api, names, test.fleet.port) as fleet:
        resources = [placed(fleet.manifest(name), fleet.namespaces[name]) for name in names]
        started = time.monotonic()
        made, services, took = await asyncio.gather(
            test.deployments.until(names, lambda _: True, test.limit),
            test.services.until(names, lambda _: True, test.limit),
            run_bare({**work, "resources": resources, "seconds": test.limit}),
        )
        seconds = max([*made.values(), *services.values()]) - started
    report.add(Row("the bare loop → all children made", seconds, "s"))
    report.add(Row("  its processor time", took["cpu"], "s"))
    report.add(Row("  the operator's time to its time", work["made"] / seconds, "", 1.15))


def placed(manifest: Object, namespace: str) -> Object:
    """The manifest with its namespace, which the path names for the operator's resources."""
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}


async def run_bare(work: Object) -> dict[str, float]:
    """The loop in a process of its own, as the operator is."""
    done = await asyncio.create_subprocess_exec(
        sys.executable, BARE_LOOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    output, errors = await done.communicate(json.dumps(work).encode())
    assert done.returncode == 0, errors.decode()[-3000:]
    took: dict[str, float] = json.loads(output)
    return took


async def _children(test: UnderTest, template: str) -> list[Object]:
    """In the order in which they are made."""
    found = []
    for kind, plural in PLURAL.items():
        where = path(plural, test.fleet.namespaces[template])
        listed = await test.api.get(where, labelSelector=f"{OWNER}={template}")
        version = listed["apiVersion"]
        found += [without_servers_own({"apiVersion": version, "kind": kind, **item}) for item in listed["items"]]
    return found


def _identity(live: Object) -> dict[str, str]:
    return {field: live["metadata"][field] for field in ("name", "namespace", "uid")}


def _said(spent: Object, size: int) -> str:
    return ", ".join(f"{verb} {count / size:.1f}" for verb, count in sorted(spent.items()))
