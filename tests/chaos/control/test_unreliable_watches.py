"""Watches lose, duplicate, delay and reorder events. Only the time until convergence may change."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from end_state import end_state
from fault_proxy import Disturb, FaultProxy
from kube import Namespace, is_settled
from operator_process import Launcher
from pod_player import pods_played
from stand_in import driven

RESOURCES = 8


async def losing(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for line in lines:
        if random.random() < 0.5:
            yield line


async def doubling(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for line in lines:
        yield line
        yield line


async def late(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for line in lines:
        await asyncio.sleep(random.uniform(0, 0.5))
        yield line


async def reordering(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Now and then an event is overtaken by the next one."""
    delayed = b""
    async for line in lines:
        if not delayed and random.random() < 0.5:
            delayed = line
            continue
        yield line
        if delayed:
            yield delayed
        delayed = b""


@pytest.mark.parametrize("disturb", [losing, doubling, late, reordering], ids=lambda each: each.__name__)
def test_the_end_is_the_same(namespace: Namespace, launcher: Launcher, proxy: FaultProxy, disturb: Disturb) -> None:
    names = [f"churn-{number}" for number in range(RESOURCES)]
    with pods_played(namespace):
        undisturbed = launcher.start()
        namespace.apply(driven("plain"))
        namespace.wait("md", "plain", is_settled, seconds=60)
        wanted = end_state(namespace, "plain")
        undisturbed.stop()
        proxy.disturb = disturb
        launcher.start(server=proxy.url, RESYNC_SECONDS="5")
        namespace.apply(*(driven(name) for name in names))
        for name in names:
            namespace.wait("md", name, is_settled, seconds=90)
    for name in names:
        assert end_state(namespace, name) == wanted, name
