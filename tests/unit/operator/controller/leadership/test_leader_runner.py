"""A term of leadership: nothing before it, everything in it, and an orderly end."""

from __future__ import annotations

import asyncio
from typing import Any

from easy_mlops_operator.controller.kinds import MODEL_DEPLOYMENT, Key
from easy_mlops_operator.controller.leadership.runner import DRAIN_SECONDS, LeaderRunner
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.workqueue.queue import Queue, QueueClosedError
from virtual_time import run_virtual

KEY = Key("ns", "churn")


class Office:
    """Leadership that the test gives and takes."""

    role = "standing by"

    def __init__(self) -> None:
        self.given, self.taken, self.released_at = asyncio.Event(), asyncio.Event(), float("nan")

    def seconds_left(self) -> float:
        return float(self.given.is_set())

    async def acquire(self) -> None:
        await self.given.wait()

    async def hold(self) -> None:
        await self.taken.wait()

    async def release(self) -> None:
        self.released_at = asyncio.get_running_loop().time()


class Worker:
    """Takes `seconds` for each key."""

    def __init__(self, queue: Queue, seconds: float) -> None:
        self.queue, self.seconds = queue, seconds
        self.begun: list[Key] = []
        self.done: list[Key] = []

    async def run(self) -> None:
        while True:
            try:
                key = await self.queue.get()
            except QueueClosedError:
                return
            self.begun.append(key)
            await asyncio.sleep(self.seconds)
            self.done.append(key)
            self.queue.done(key)


class Collector:
    """Works until it is broken."""

    def __init__(self) -> None:
        self.broken = asyncio.Event()

    async def run(self) -> None:
        await self.broken.wait()


class Rig:
    def __init__(self, resource: dict[str, Any], seconds: float = 1.0) -> None:
        store, self.queue, self.office = Store(), Queue(), Office()
        store.put(MODEL_DEPLOYMENT, resource)
        self.worker, self.collector = Worker(self.queue, seconds), Collector()
        self.term = LeaderRunner(
            leadership=self.office,
            store=store,
            queue=self.queue,
            worker=self.worker,
            workers=2,
            collector=self.collector,
        )
        self.running = asyncio.create_task(self.term.run())

    async def end(self) -> float:
        """End the term as the operator does; the seconds until it was released."""
        began = asyncio.get_running_loop().time()
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
        await self.term.end()
        return self.office.released_at - began


def test_a_standby_works_on_nothing_and_a_new_leader_looks_at_everything(resource: dict[str, Any]) -> None:
    async def scenario() -> None:
        rig = Rig(resource)
        rig.queue.add([KEY])
        await asyncio.sleep(1000)
        assert rig.worker.begun == []
        rig.office.given.set()
        await asyncio.sleep(2)
        assert rig.worker.done == [KEY]
        await rig.end()

    run_virtual(scenario())


def test_the_end_waits_for_passes_that_are_under_way_and_then_releases(resource: dict[str, Any]) -> None:
    async def scenario() -> None:
        rig = Rig(resource)
        rig.office.given.set()
        await asyncio.sleep(0.5)
        assert await rig.end() == 0.5
        assert rig.worker.done == [KEY]

    run_virtual(scenario())


def test_the_end_does_not_wait_for_a_pass_that_hangs(resource: dict[str, Any]) -> None:
    async def scenario() -> None:
        rig = Rig(resource, seconds=1000)
        rig.office.given.set()
        await asyncio.sleep(0.5)
        assert await rig.end() == DRAIN_SECONDS
        assert (rig.worker.begun, rig.worker.done) == ([KEY], [])

    run_virtual(scenario())


def test_a_lost_lease_or_a_failed_task_ends_leadership(resource: dict[str, Any]) -> None:
    async def scenario() -> None:
        for end in ("taken", "broken"):
            rig = Rig(resource)
            rig.office.given.set()
            await asyncio.sleep(5)
            assert not rig.running.done()
            (rig.office.taken if end == "taken" else rig.collector.broken).set()
            await asyncio.sleep(0)
            await asyncio.wait_for(rig.running, 1)
            await rig.end()

    run_virtual(scenario())
