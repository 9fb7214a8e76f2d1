"""What the operator does with many resources, against goals and against a bare loop of the same API calls.

    SIZE=1000 SOAK_MINUTES=2 python tests/scale

Needs a bare cluster in containers (`make bench-operator` gets one). The nodes and what runs on them are played by
kwok; API server, scheduler and controllers are real. The operator is a process beside the cluster, with the rights
of its manifests. Everything shares this machine's processors, so that times on a busy one say little: the processor
time of the operator, and that of the bare loop, say more.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "hack"))

import changing
import growing
import resting
import soaking
from fleet import new_fleet, scoring_pods
from kube import kubectl
from operator_fixtures import install_crd, new_identity
from operator_process import Identity
from plain_api import PlainApi
from played_cluster import played_cluster
from report import Report
from under_test import UnderTest
from watching import watched

NODES = 10
TEMPLATE = "warm-up"
"""The resource that is made first, alone; the bare loop's children are copies of its children."""


async def measure(size: int, minutes: float, identity: Identity, folder: Path) -> Report:
    """All measurements, one after the other, on one fleet."""
    report = Report()
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(PlainApi.connect())
        port = await stack.enter_async_context(scoring_pods())
        names = tuple(f"m{number}" for number in range(size))
        fleet = await stack.enter_async_context(new_fleet(api, (TEMPLATE, *names), port))
        async with (
            watched(api, "modeldeployments") as resources,
            watched(api, "deployments") as deployments,
            watched(api, "services") as services,
        ):
            test = UnderTest(api, fleet, names, resources, deployments, services, identity, folder)
            work = await growing.measure(test, TEMPLATE, report)
            await resting.measure_restart(test, report)
            await resting.measure_rest(test, report, seconds=min(60.0, size / 5))
            await changing.measure(test, report)
            test.stop_operator()
            await soaking.measure(test, report, minutes)
            await growing.measure_bare(test, work, report)
    return report


@contextmanager
def cluster() -> Iterator[Identity]:
    """The current cluster with fake nodes, and whom the operator is there."""
    with played_cluster(NODES), new_identity() as identity:
        install_crd()
        kubectl("get", "modeldeployments", "-A")  # waits until they are served, which is later than the CRD's condition
        yield identity


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # what was made goes, too
    size, minutes = int(os.environ.get("SIZE", "1000")), float(os.environ.get("SOAK_MINUTES", "2"))
    with tempfile.TemporaryDirectory() as folder, cluster() as identity:
        print(f"{size} resources; load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        report = asyncio.run(measure(size, minutes, identity, Path(folder)))
        print(f"\n{report.table()}")
        return 0 if report.is_met else 1


if __name__ == "__main__":
    sys.exit(main())
