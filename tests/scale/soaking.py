"""Many changes for a long time, through a proxy that fails requests and ill-treats watches: is anything forgotten?"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator

from fault_proxy import RESET, run_proxy
from footprint import memory, slope
from kube import Object
from operator_process import current_cluster
from plain_api import each, path
from report import Report, Row
from resting import passes
from under_test import UnderTest
from watching import wait_until

CHANGES_A_SECOND = 100
FAULTS = (429, 500, 503, RESET)
CONFLICT = 409
"""An answer to writes only: kopf takes it for the end of a watch, and ends the process."""
SHARE_OF_FAULTS = 0.02
SHARE_OF_LATE_EVENTS = 0.002
"""Each holds up those behind it: with more, a watch could not bring the events of so many changes in time."""
SETTLE_SECONDS = 180.0


def judge(method: str, path: str) -> int:
    """Now and then a request fails, watches and lists included."""
    faults = FAULTS if method == "GET" else (*FAULTS, CONFLICT)
    return random.choice(faults) if random.random() < SHARE_OF_FAULTS else 0


async def disturb(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Now and then an event comes late, and with it those after it, or twice."""
    async for line in lines:
        if random.random() < SHARE_OF_LATE_EVENTS:
            await asyncio.sleep(random.uniform(0, 0.5))
        yield line
        if random.random() < SHARE_OF_FAULTS:
            yield line


async def measure(test: UnderTest, report: Report, minutes: float) -> None:
    """Change for so many minutes, then see whether each resource gets where its last change wants it."""
    with run_proxy(*current_cluster()) as proxy:
        test.start_operator(proxy.url)
        await asyncio.to_thread(test.operator.wait_ready, test.limit)
        await test.wait_quiet()
        proxy.judge, proxy.disturb = judge, disturb
        samples: list[tuple[float, float]] = []
        sampling = asyncio.create_task(_sample(test, samples))
        cpu, before, started = test.cpu(), await passes(test), time.monotonic()
        changes = await _change(test, 60 * minutes)
        took, used = time.monotonic() - started, test.cpu() - cpu
        done = await passes(test) - before
        faults = sum(1 for request in proxy.seen if request[3] in (*FAULTS, CONFLICT))
        proxy.judge = lambda method, path: 0
        lost = await _lost(test)
        ended = test.operator.process.poll() is not None
        sampling.cancel()
        test.stop_operator()
    steady = [sample for sample in samples if sample[0] > took / 3]
    report.add(Row(f"soak of {minutes:g} min: lost keys", len(lost), "", 0, beside=" ".join(lost[:5])))
    report.add(Row("  operator ended by itself", ended, "", 0))
    report.add(Row("  changes", changes / took, "/s", beside=f"{faults} requests failed on purpose"))
    report.add(Row("  passes", done / took, "/s", beside=f"{1000 * used / max(done, 1):.1f} ms of processor time each"))
    report.add(
        Row(
            "  memory, slope after the first third",
            60 * slope(steady),
            "MB/min",
            beside=f"{steady[-1][1]:.0f} MB at the end",
        )
    )


async def _sample(test: UnderTest, samples: list[tuple[float, float]]) -> None:
    started = time.monotonic()
    while True:
        samples.append((time.monotonic() - started, memory(test.pid)))
        await asyncio.sleep(1)


async def _change(test: UnderTest, seconds: float) -> int:
    """At most so many changes a second, each of a random resource; how many there were."""
    started, done = time.monotonic(), 0

    def names() -> Iterator[str]:
        while time.monotonic() < started + seconds:
            yield random.choice(test.names)

    async def one(name: str) -> None:
        nonlocal done
        await asyncio.sleep(max(0.0, started + done / CHANGES_A_SECOND - time.monotonic()))
        done += 1
        await random.choices(CHANGES, WEIGHTS)[0](test, name)

    await each(names(), one)
    return done


async def _change_rule(test: UnderTest, name: str) -> None:
    rules = {"error_rate": {"op": ">", "value": round(random.uniform(0.1, 0.9), 3), "severity": "critical"}}
    await test.api.merge(test.fleet.path("modeldeployments", name), {"spec": {"observability": {"rules": rules}}})


async def _change_replicas(test: UnderTest, name: str) -> None:
    await test.fleet.edit(test.api, name, replicas=random.randint(1, 2))


async def _spoil(test: UnderTest, name: str) -> None:
    """Somebody scales the Deployment by hand."""
    await test.api.merge(test.fleet.path("deployments", name), {"spec": {"replicas": 3}})


async def _remove(test: UnderTest, name: str) -> None:
    """Somebody deletes the Service."""
    await test.api.delete(test.fleet.path("services", name))


CHANGES = (_change_rule, _change_replicas, _spoil, _remove)
WEIGHTS = (85, 5, 5, 5)
"""Mostly rules, since each change of the number of pods keeps the cluster's own controllers busy for long."""


async def _lost(test: UnderTest) -> list[str]:
    """The resources that are not as wanted, although there was time enough: as lists show them, which miss nothing."""
    lost: list[str] = []

    async def all_well() -> bool:
        kinds = ("modeldeployments", "deployments", "services")
        resources, deployments, services = [await _by_name(test, kind) for kind in kinds]
        lost[:] = [
            name for name in test.names if not _is_well(resources[name], deployments.get(name), services.get(name))
        ]
        await asyncio.sleep(2 if lost else 0)
        return not lost

    await wait_until(all_well, SETTLE_SECONDS)
    return lost


async def _by_name(test: UnderTest, kind: str) -> dict[str, Object]:
    listed = await test.api.get(path(kind))
    return {item["metadata"]["name"]: item for item in listed["items"]}


def _is_well(resource: Object, deployment: Object | None, service: Object | None) -> bool:
    return (
        resource["status"]["observedGeneration"] == resource["metadata"]["generation"]
        and deployment is not None
        and deployment["spec"]["replicas"] == resource["spec"]["serving"]["replicas"]
        and service is not None
    )
