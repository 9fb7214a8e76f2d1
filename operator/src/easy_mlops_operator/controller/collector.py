"""Collects the scoring pods' summaries, each resource at its own moment of the interval.

Rules are judged in passes; the collector only asks for a pass when figures have changed or have become stale.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from easy_mlops.monitoring.summary import Summary, SummaryError

from easy_mlops_operator.controller.kinds import POD, Key
from easy_mlops_operator.controller.store import Store, StoredObject
from easy_mlops_operator.controller.summary_cache import SummaryCache
from easy_mlops_operator.controller.summary_client import Address, CollectionError, SummaryClient, scoring_address
from easy_mlops_operator.controller.workqueue.queue import Queue

SLOTS: Final = 20
"""Parts of the interval; a resource is collected in the part that its uid falls into."""
QUIET_ROUNDS: Final = 6
"""Pods without requests give the same answer each time: after so many times they are asked every second time only."""

_log = logging.getLogger(__name__)


@dataclass
class _Pods:
    """A resource's pods as last read, their addresses, and how often in a row their answers have been the same."""

    stored: tuple[StoredObject, ...]
    addresses: tuple[Address, ...]
    unchanged: int = 0


class Collector:
    """Keeps `summaries` fresh. `observe` receives the result of each request."""

    def __init__(
        self,
        *,
        store: Store,
        queue: Queue,
        summaries: SummaryCache,
        client: SummaryClient,
        clock: Callable[[], datetime],
        interval: float,
        observe: Callable[[str], None],
    ) -> None:
        self._store = store
        self._queue = queue
        self._summaries = summaries
        self._client = client
        self._clock = clock
        self._interval = interval
        self._observe = observe
        self._running: dict[Key, asyncio.Task[None]] = {}
        self._pods: dict[Key, _Pods] = {}

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
        """Ask all scoring pods of a resource, and ask for a pass if there is news."""
        pods = self._pods_of(key)
        asked = pods.addresses
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

        if self._store.stored(key) is None:
            self._summaries.drop(key)
        else:
            is_news = self._summaries.put(key, len(asked), answers, decode, self._clock())
            if is_news:
                self._queue.add([key], "resync")
            is_same = not is_news and len(answers) - malformed == len(asked)
            pods.unchanged = pods.unchanged + 1 if is_same else 0
        for _ in range(len(answers) - malformed):
            self._observe("ok")

    def _pods_of(self, key: Key) -> _Pods:
        """The pods to ask. They hardly ever change, and are read again only when they do."""
        stored = self._store.stored_children(POD, key)
        known = self._pods.get(key)
        if known is None or known.stored != stored:
            addresses = tuple(each for pod in stored if (each := scoring_address(pod.read())) is not None)
            known = self._pods[key] = _Pods(stored, addresses)
        return known

    async def _read(self, address: Address) -> bytes | None:
        try:
            return await self._client.read(address)
        except CollectionError as error:
            self._observe(error.kind)
            _log.debug("no summary", extra={"error": str(error)})
            return None

    def _due(self, tick: int) -> list[Key]:
        turn, slot = divmod(tick, SLOTS)
        if slot == 0:
            self._pods = {key: pods for key, pods in self._pods.items() if self._store.stored(key) is not None}
        due = (key for key in self._store.resources() if slot_of(self._uid(key)) == slot)
        return [key for key in due if turn % 2 == 0 or not self._is_quiet(key)]

    def _is_quiet(self, key: Key) -> bool:
        pods = self._pods.get(key)
        return (
            pods is not None and pods.unchanged >= QUIET_ROUNDS and pods.stored == self._store.stored_children(POD, key)
        )

    def _uid(self, key: Key) -> str:
        stored = self._store.stored(key)
        return "" if stored is None else stored.uid

    def _start(self, key: Key) -> None:
        if key in self._running:
            return  # still running: its pods are slow
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
