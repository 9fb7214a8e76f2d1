"""Runs what acts only while this replica leads: waits for leadership, works, and hands over.

Watches run before that, too, so that a new leader starts with a full store.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Protocol

from easy_mlops_operator.controller.leadership.elector import Leadership
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.workqueue.queue import Queue

DRAIN_SECONDS: Final = 1.5
"""How long passes in progress may take to finish; any may be cut off, and the next leader goes on."""

_log = logging.getLogger(__name__)


class Part(Protocol):
    """Something that acts only while this replica leads: a worker, the collector."""

    async def run(self) -> None: ...


class LeaderRunner:
    """Starts workers and collector once this replica leads. Until then nothing is queued and nothing written."""

    def __init__(
        self,
        *,
        leadership: Leadership,
        store: Store,
        queue: Queue,
        worker: Part,
        workers: int,
        collector: Part,
    ) -> None:
        self._leadership = leadership
        self._store = store
        self._queue = queue
        self._worker = worker
        self._number = workers
        self._collector = collector
        self._workers: list[asyncio.Task[None]] = []
        self._others: list[asyncio.Task[None]] = []
        queue.pause()

    async def run(self) -> None:
        """Wait for leadership and work; returns when it is lost, or if a part has ended that must not."""
        await self._leadership.acquire()
        self._queue.start(self._store.resources())
        loop = asyncio.get_running_loop()
        self._workers = [
            loop.create_task(self._worker.run(), name=f"worker {number}") for number in range(self._number)
        ]
        self._others = [
            loop.create_task(self._collector.run(), name="collector"),
            loop.create_task(self._leadership.hold(), name="leadership"),
        ]
        done, _ = await asyncio.wait([*self._workers, *self._others], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            error = None if task.cancelled() else task.exception()
            _log.error("task ended", extra={"task": task.get_name()}, exc_info=error)

    async def end(self) -> None:
        """Let passes in progress finish, and release the Lease."""
        self._queue.close()
        if self._workers:
            await asyncio.wait(self._workers, timeout=DRAIN_SECONDS)
        for task in (*self._workers, *self._others):
            task.cancel()
        await asyncio.gather(*self._workers, *self._others, return_exceptions=True)
        await self._leadership.release()
