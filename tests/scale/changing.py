"""From an edit of a resource until its child is patched: alone, and while all others are edited, too."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from kube import Object
from plain_api import each
from report import Report, Row, percentile
from under_test import UnderTest

ALONE = 30


async def measure(test: UnderTest, report: Report) -> None:
    """Edits of the number of pods."""
    alone = min(ALONE, len(test.names) // 4)
    idle = await edit(test, test.names[:alone], replicas=2, at_once=1)
    report.add(Row("edit → child patched, idle, p95", percentile(idle, 95), "s", 1, beside=f"{len(idle)} edits"))
    cpu = test.cpu()
    storm = await edit(test, test.names[alone:], replicas=2, at_once=16)
    report.add(
        Row(
            f"  in a storm of {len(storm)}, p95",
            percentile(storm, 95),
            "s",
            test.goal(10),
            beside=f"median {percentile(storm, 50):.2g} s",
        )
    )
    report.add(Row("  not patched", len(test.names) - len(storm) - len(idle), "", 0))
    report.add(Row("  processor time of the operator", test.cpu() - cpu, "s"))


async def edit(test: UnderTest, names: Sequence[str], *, replicas: int, at_once: int) -> list[float]:
    """Seconds from the request to the Deployment's event, of those that were patched in the end."""
    asked: dict[str, float] = {}

    def patched(deployment: Object) -> bool:
        return bool(deployment["spec"]["replicas"] == replicas)

    async def ask(name: str) -> None:
        asked[name] = time.monotonic()
        await test.fleet.edit(test.api, name, replicas=replicas)
        if at_once == 1:
            await test.deployments.until([name], patched, test.limit)

    seen, _ = await asyncio.gather(
        test.deployments.until(names, patched, test.limit), each(names, ask, in_flight=at_once)
    )
    return [when - asked[name] for name, when in seen.items()]
