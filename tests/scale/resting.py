"""A converged fleet: what a restart of the operator costs, and what it costs that nothing happens."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from datetime import datetime

from footprint import memory
from growing import run_bare
from operator_process import WRITING
from report import Report, Row
from under_test import COLLECT_SECONDS, UnderTest
from watching import wait_until

KINDS = (
    "modeldeployments", "configmaps", "persistentvolumeclaims", "jobs", "pods", "deployments", "services",
    "horizontalpodautoscalers", "poddisruptionbudgets", "networkpolicies",
)  # fmt: skip


async def measure_restart(test: UnderTest, report: Report) -> None:
    """Stop the operator and start another one, which has to look at everything and to find nothing to do."""
    await test.wait_quiet()
    test.stop_operator()
    size = len(test.fleet.namespaces)
    started = time.monotonic()
    test.start_operator()

    async def all_seen() -> bool:
        return await passes(test) >= size

    await wait_until(all_seen, test.limit)
    seconds, cpu = time.monotonic() - started, test.cpu()
    await test.wait_quiet()
    requests = await test.requests()
    bare = await run_bare({"kinds": KINDS})
    beside = f"its lists: {bare['seconds']:.1f} s, {bare['cpu']:.1f} s of processor time"
    report.add(Row(f"restart with {size}: first pass over all", seconds, "s", test.goal(15), beside=beside))
    report.add(Row("  processor time of the operator", cpu, "s"))
    report.add(Row("  writes", sum(requests[verb] for verb in WRITING), "", 0))
    report.add(Row("  memory, peak", memory(test.pid, "VmHWM"), "MB", test.goal(150) or 300))
    rate, busy = passes_a_second(test)
    report.add(Row("no-op passes", rate, "/s", 200, at_least=True, beside=f"{busy:.2g} ms each"))


async def measure_rest(test: UnderTest, report: Report, seconds: float) -> None:
    """Nothing happens. Before that, the first answer of each resource's pods brings a pass along."""
    await asyncio.sleep(2 * float(COLLECT_SECONDS))
    before, cpu, started = await test.requests(), test.cpu(), time.monotonic()
    await asyncio.sleep(seconds)
    spent, used, took = await test.requests() - before, test.cpu() - cpu, time.monotonic() - started
    listed = spent.pop("list", 0)
    beside = f"{listed} lists in {took:.0f} s"
    report.add(
        Row(
            "API calls without changes, per resource and hour",
            sum(spent.values()) * 3600 / took / len(test.names),
            "",
            0,
            beside=beside,
        )
    )
    report.add(
        Row(
            "idle processor",
            100 * used / took,
            "% of a core",
            test.goal(3),
            beside=f"{len(test.names) / 10:.0f} summaries/s",
        )
    )
    report.add(Row("memory without changes", memory(test.pid), "MB"))


async def passes(test: UnderTest) -> float:
    """How many passes over resources have ended."""
    return await asyncio.to_thread(test.operator.metric, "easymlops_reconcile_total")


def passes_a_second(test: UnderTest) -> tuple[float, float]:
    """From the log: passes a second between the first and the last of the first look; milliseconds that one takes."""
    lines = map(json.loads, filter(lambda line: line.startswith("{"), test.operator.log.read_text().splitlines()))
    found = [line for line in lines if line["event"] == "reconciled"]
    times = [datetime.fromisoformat(line["time"]).timestamp() for line in found[: len(test.fleet.namespaces)]]
    busy = sorted(line["seconds"] for line in itertools.islice(found, len(times)))[len(times) // 2]
    return (len(times) - 1) / max(times[-1] - times[0], 0.001), 1000 * busy
