"""The work queue: `Schedule` with the event loop's clock, and workers that wait for it."""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from easy_mlops_operator.controller.kinds import Key
from easy_mlops_operator.controller.workqueue.schedule import Lane, Schedule

MOMENT: Final = 0.2
"""Seconds from the first change in the cluster to the pass. One change brings others along, in a rollout five or six,
and each would be reported in a status that is out of date at once."""


class QueueClosedError(Exception):
    """No more work is handed out."""


class Queue:
    """Hands out keys one at a time to as many workers as there are. Belongs to the running event loop."""

    def __init__(
        self, observe_wait: Callable[[float], None] = lambda seconds: None, *, others_at_once: float = math.inf
    ) -> None:
        """`observe_wait` receives for each key the seconds that it has waited; `others_at_once` is the schedule's."""
        self._loop = asyncio.get_running_loop()
        self._schedule = Schedule(random.Random().random, others_at_once=others_at_once)  # noqa: S311 - jitter, not a secret
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.Handle | None = None
        self._timer_due: float | None = None
        self._observe_wait = observe_wait
        self._is_closed = False
        self._is_paused = False

    @property
    def depth(self) -> int:
        """Keys that wait for a worker."""
        return self._schedule.depth

    def longest_wait(self) -> float:
        """Seconds that the oldest waiting key has waited."""
        return self._schedule.longest_wait(self._loop.time())

    def longest_run(self) -> float:
        """Seconds that the oldest pass has taken so far."""
        return self._schedule.longest_run(self._loop.time())

    def pause(self) -> None:
        """Accept nothing until `start`, which gets all keys."""
        self._is_paused = True

    def start(self, keys: Iterable[Key]) -> None:
        """Accept everything from now on, these keys first."""
        self._is_paused = False
        self.add(keys, "resync")

    def add(self, keys: Iterable[Key], lane: Lane = "change") -> None:
        """Ask for a pass over these keys as soon as possible."""
        if self._is_paused:
            return
        now = self._loop.time()
        for key in keys:
            self._schedule.add(key, lane, now)
        self._wake()

    def add_soon(self, keys: Iterable[Key]) -> None:
        """Ask for a pass over these keys once changes in the cluster have gone on for a moment."""
        if self._is_paused:
            return
        due = self._loop.time() + MOMENT
        for key in keys:
            self._schedule.add_at(key, due, "change")
        self._wake()

    def add_after(self, key: Key, seconds: float) -> None:
        """Ask for a pass over `key` in so many seconds, or earlier if something else asks for one."""
        self._schedule.add_at(key, self._loop.time() + seconds)
        self._wake()

    def retry(self, key: Key, *, at_least: float = 0.0) -> float:
        """Ask for a pass over `key` after its next backoff; returns the seconds chosen."""
        delay = self._schedule.retry(key, self._loop.time(), at_least=at_least)
        self._wake()
        return delay

    def failures(self, key: Key) -> int:
        """How often in a row the key has come back by `retry`."""
        return self._schedule.failures(key)

    def hold(self, key: Key, seconds: float) -> None:
        """Hand out `key` to nobody for so many seconds."""
        self._schedule.hold(key, self._loop.time() + seconds)

    def forget_failures(self, key: Key) -> None:
        """A pass over the key succeeded: its backoff starts from the beginning."""
        self._schedule.forget_failures(key)

    async def get(self) -> Key:
        """The next key, as soon as there is one; `done` must follow. Raises `QueueClosedError`."""
        self._check_open()
        while (found := self._schedule.pop(self._loop.time())) is None:
            self._set_timer()
            turn: asyncio.Future[None] = self._loop.create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._wake()  # the call was for this worker; another one takes it
                raise
            finally:
                if turn in self._waiting:
                    self._waiting.remove(turn)
            self._check_open()
        key, waited = found
        self._observe_wait(waited)
        self._wake()  # there may be more
        return key

    def done(self, key: Key) -> None:
        """The work on `key` has ended, well or not."""
        self._schedule.done(key, self._loop.time())
        self._wake()

    def close(self) -> None:
        """Hand out nothing more; whoever waits gets `QueueClosedError`."""
        self._is_closed = True
        while self._waiting:
            self._call_one()

    def _check_open(self) -> None:
        if self._is_closed:
            raise QueueClosedError

    def _wake(self) -> None:
        """Call one waiting worker if there is work, and set the clock for what is due later."""
        if self._schedule.depth:
            self._call_one()
        self._set_timer()

    def _call_one(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _set_timer(self) -> None:
        due = self._schedule.next_due()
        if due == self._timer_due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if due is None else self._loop.call_at(due, self._on_due)
        self._timer_due = due

    def _on_due(self) -> None:
        self._timer = self._timer_due = None
        self._call_one()
