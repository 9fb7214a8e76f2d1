"""Collects the scoring pods' summaries, each resource at its own moment of the interval.

What a resource's rules make of the figures is decided in its next pass; this only asks for one when there is news.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Final

from easy_mlops.monitoring.summary import Summary, SummaryError

from easy_mlops_operator.controller.collector import Address, CollectionError, Collector, scoring_address
from easy_mlops_operator.controller.kinds import POD, Key
from easy_mlops_operator.controller.queue import Queue
from easy_mlops_operator.controller.store import Kept, Store
from easy_mlops_operator.controller.summaries import Summaries

SLOTS: Final = 20
"""Parts of the interval; a resource is collected in the part that its uid falls into."""
QUIET_ROUNDS: Final = 6
"""Pods that nobody asks anything say the same each time: after so many times they are asked every second time only."""

_log = logging.getLogger(__name__)


class Evaluator:
    """Keeps `summaries` fresh. `observe` is told how each request ended."""

    def __init__(
        self,
        *,
        store: Store,
        queue: Queue,
        summaries: Summaries,
        collector: Collector,
        clock: Callable[[], datetime],
        interval: float,
        observe: Callable[[str], None],
    ) -> None:
        self._store = store
        self._queue = queue
        self._summaries = summaries
        self._collector = collector
        self._clock = clock
        self._interval = interval
        self._observe = observe
        self._running: dict[Key, asyncio.Task[None]] = {}
        self._addresses: dict[Key, tuple[tuple[Kept, ...], tuple[Address, ...]]] = {}
        self._quiet: Counter[Key] = Counter()

    async def run(self) -> None:
        """Collect until cancelled. Slow pods delay nobody but their own resource."""
        loop = asyncio.get_running_loop()
        started, tick = loop.time(), 0
        try:
            while True:
                for key in self._due(tick):
                    self._start(key)
                tick = max(tick + 1, int((loop.time() - started) / self._interval * SLOTS))
                await asyncio.sleep(started + tick * self._interval / SLOTS - loop.time())
        finally:
            tasks = list(self._running.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def collect(self, key: Key) -> None:
        """Ask all scoring pods of a resource, and ask for a pass when they say something new."""
        asked = self._asked(key)
        answers = [answer for answer in await asyncio.gather(*map(self._read, asked)) if answer is not None]
        malformed = 0

        def decode(answer: bytes) -> Summary | None:
            nonlocal malformed
            try:
                return Summary.decode(answer)
            except SummaryError as error:
                malformed += 1
                self._observe("malformed")
                _log.debug("no summary", extra={"key": str(key), "error": str(error)})
                return None

        if self._store.kept(key) is None:
            self._forget(key)
        else:
            is_news = self._summaries.put(key, len(asked), answers, decode, self._clock())
            if is_news:
                self._queue.add([key], "resync")
            said_the_same = not is_news and len(answers) - malformed == len(asked)
            self._quiet[key] = self._quiet[key] + 1 if said_the_same else 0
        for _ in range(len(answers) - malformed):
            self._observe("ok")

    def _forget(self, key: Key) -> None:
        self._summaries.drop(key)
        self._addresses.pop(key, None)
        self._quiet.pop(key, None)

    def _asked(self, key: Key) -> tuple[Address, ...]:
        """Whom to ask. The pods, which hardly ever change, are read again only when they do."""
        pods = self._store.kept_children(POD, key)
        known, addresses = self._addresses.get(key, ((), ()))
        if pods != known:
            addresses = tuple(each for pod in pods if (each := scoring_address(pod.read())) is not None)
            self._addresses[key] = pods, addresses
        return addresses

    async def _read(self, address: Address) -> bytes | None:
        try:
            return await self._collector.read(address)
        except CollectionError as error:
            self._observe(error.kind)
            _log.debug("no summary", extra={"error": str(error)})
            return None

    def _due(self, tick: int) -> list[Key]:
        turn, slot = divmod(tick, SLOTS)
        due = (key for key in self._store.resources() if slot_of(self._uid(key)) == slot)
        return [key for key in due if turn % 2 == 0 or not self._is_quiet(key)]

    def _is_quiet(self, key: Key) -> bool:
        pods, _ = self._addresses.get(key, ((), ()))
        return self._quiet[key] >= QUIET_ROUNDS and self._store.kept_children(POD, key) == pods

    def _uid(self, key: Key) -> str:
        kept = self._store.kept(key)
        return "" if kept is None else kept.uid

    def _start(self, key: Key) -> None:
        if key in self._running:
            return  # still at it: its pods are slow
        task = asyncio.get_running_loop().create_task(self.collect(key), name=f"collect {key}")
        self._running[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))

    def _ended(self, key: Key, task: asyncio.Task[None]) -> None:
        del self._running[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._observe("bug")
            _log.error("collection failed", exc_info=error, extra={"key": str(key)})


def slot_of(uid: str) -> int:
    """The part of the interval that a uid falls into: the same for each replica and after each restart."""
    return zlib.crc32(uid.encode()) % SLOTS
