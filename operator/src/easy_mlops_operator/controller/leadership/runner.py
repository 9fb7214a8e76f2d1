"""A term of leadership: waits for it, works while it lasts, and hands over.

Before and after it the watches run and the store is filled, so that a new term begins with all that is known.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Protocol

from easy_mlops_operator.controller.leadership.elector import Leadership
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.workqueue.queue import Queue

DRAIN_SECONDS: Final = 1.5
"""For so long passes that are under way may come to their end; any may be cut off, and the next leader goes on."""

_log = logging.getLogger(__name__)


class Part(Protocol):
    """What acts only while this replica leads: a worker, the collector."""

    async def run(self) -> None: ...


class LeaderRunner:
    """One replica's turn to act. Until it leads, nothing is queued and nothing written."""

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
        queue.rest()

    async def run(self) -> None:
        """Wait for leadership and work; returns when it is lost, or when a part has ended that must not."""
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
        """Let passes that are under way come to their end, and hand over."""
        self._queue.close()
        if self._workers:
            await asyncio.wait(self._workers, timeout=DRAIN_SECONDS)
        for task in (*self._workers, *self._others):
            task.cancel()
        await asyncio.gather(*self._workers, *self._others, return_exceptions=True)
        await self._leadership.release()
