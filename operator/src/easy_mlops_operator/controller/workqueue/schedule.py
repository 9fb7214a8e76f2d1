"""Which resource is looked at next: the rules of the work queue, without clock, tasks or I/O.

A key is here at most once, never handed out twice at a time, and never lost: added while it is being worked on,
it comes again afterwards. Keys that a user has changed come before those that the cluster has, since each edit makes
many of these, and those before the ones of a resync; some of the workers take nothing but edits. Namespaces take turns,
so that one with a thousand resources does not keep the others waiting.
"""

from __future__ import annotations

import heapq
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from easy_mlops_operator.controller.kinds import Key

Lane = Literal["edit", "change", "resync"]
"""What comes first, first: what users change, what the cluster changes, and what is looked at again."""

FIRST_RETRY: Final = 0.005
LONGEST_RETRY: Final = 300.0
_LANES: Final[tuple[Lane, ...]] = get_args(Lane)
_IN_A_ROW: Final = 8
"""So many keys of a lane are served before one of those behind it that wait, so that none starves."""
_OVERTAKEN: Final = 64
"""So many more timers than keys that are due may be kept, and as many again as there are such keys."""


@dataclass
class _Turns:
    """Keys by namespace; the namespaces take turns, keys of one namespace come in the order of adding."""

    namespaces: OrderedDict[str, OrderedDict[Key, float]] = field(default_factory=OrderedDict)

    def add(self, key: Key, since: float) -> None:
        self.namespaces.setdefault(key.namespace, OrderedDict()).setdefault(key, since)

    def discard(self, key: Key) -> float | None:
        keys = self.namespaces.get(key.namespace)
        if keys is None or key not in keys:
            return None
        since = keys.pop(key)
        if not keys:
            del self.namespaces[key.namespace]
        return since

    def pop(self) -> tuple[Key, float]:
        namespace, keys = next(iter(self.namespaces.items()))
        key, since = keys.popitem(last=False)
        if keys:
            self.namespaces.move_to_end(namespace)
        else:
            del self.namespaces[namespace]
        return key, since


class Schedule:
    """Keys that wait, that are worked on, and that are due later. All times are seconds of one monotonic clock."""

    def __init__(self, random: Callable[[], float], *, others_at_once: float = math.inf) -> None:
        """`random` gives numbers in [0, 1) for the jitter of retries. Of the keys that no user has changed at most
        `others_at_once` are worked on at a time.
        """
        self._random = random
        self._others_at_once = others_at_once
        self._lanes: dict[Lane, _Turns] = {lane: _Turns() for lane in _LANES}
        self._ready: dict[Key, Lane] = {}
        self._running: dict[Key, tuple[float, Lane]] = {}
        self._again: dict[Key, Lane] = {}
        self._due: dict[Key, tuple[float, Lane]] = {}
        self._timers: list[tuple[float, Key]] = []
        self._failures: dict[Key, int] = {}
        self._held: dict[Key, float] = {}
        self._in_a_row: dict[Lane, int] = dict.fromkeys(_LANES, 0)

    @property
    def depth(self) -> int:
        """Keys that could be worked on now."""
        return len(self._ready)

    def add(self, key: Key, lane: Lane, now: float) -> None:
        """Schedule `key` as soon as possible; a key on hold, when the hold ends."""
        if (until := self._held.get(key, 0.0)) > now:
            self.add_at(key, until, lane)
        elif key in self._running:
            self._again[key] = _first(lane, self._again.get(key, lane))
        elif (waiting := self._ready.get(key)) is None:
            self._ready[key] = lane
            self._lanes[lane].add(key, now)
        elif _first(lane, waiting) != waiting:
            since = self._lanes[waiting].discard(key)
            self._ready[key] = lane
            self._lanes[lane].add(key, now if since is None else since)

    def add_at(self, key: Key, due: float, lane: Lane = "resync") -> None:
        """Schedule `key` for a later time; of several times the earliest counts, of several lanes the first."""
        earliest, waiting = self._due.get(key, (math.inf, lane))
        self._due[key] = min(due, earliest), _first(lane, waiting)
        if due < earliest:
            heapq.heappush(self._timers, (due, key))
            self._forget_overtaken()

    def retry(self, key: Key, now: float, *, at_least: float = 0.0) -> float:
        """Schedule `key` after a delay that doubles with each retry, 5 ms to 5 min; returns the seconds chosen.

        Up to a half is taken off at random, so that keys that failed together do not come back together. A key that is
        being worked on comes back in the lane that it came from.
        """
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        longest = min(FIRST_RETRY * 2.0 ** min(failures, 32), LONGEST_RETRY)
        delay = max(longest * (0.5 + 0.5 * self._random()), at_least)
        _, lane = self._running.get(key, (now, "resync"))
        self.add_at(key, now + delay, lane)
        return delay

    def failures(self, key: Key) -> int:
        """How often in a row `key` has been retried."""
        return self._failures.get(key, 0)

    def hold(self, key: Key, until: float) -> None:
        """Let nobody work on `key` before `until`, whatever happens to it; a shorter hold does not end a longer one."""
        self._held[key] = max(until, self._held.get(key, until))

    def forget_failures(self, key: Key) -> None:
        """The key went well: the next failure starts from the shortest delay."""
        self._failures.pop(key, None)

    def pop(self, now: float) -> tuple[Key, float] | None:
        """The next key and how long it has waited; None when there is none for now. `done` must follow."""
        self._wake_due(now)
        lane = self._next_lane()
        if lane is None:
            return None
        key, since = self._lanes[lane].pop()
        del self._ready[key]
        self._due.pop(key, None)  # the pass decides when the next one is due
        self._held.pop(key, None)
        self._running[key] = now, lane
        return key, now - since

    def done(self, key: Key, now: float) -> None:
        """The work on `key` has ended, well or not."""
        del self._running[key]
        if (lane := self._again.pop(key, None)) is not None:
            self.add(key, lane, now)

    def next_due(self) -> float | None:
        """When the next delayed key is due."""
        while self._timers and self._due.get(self._timers[0][1], (None,))[0] != self._timers[0][0]:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def longest_wait(self, now: float) -> float:
        """Seconds that the first key of any namespace has waited."""
        firsts = (next(iter(keys.values())) for turns in self._lanes.values() for keys in turns.namespaces.values())
        return now - min(firsts, default=now)

    def longest_run(self, now: float) -> float:
        """Seconds that the oldest key still worked on has taken."""
        return now - min((since for since, _ in self._running.values()), default=now)

    def _forget_overtaken(self) -> None:
        """A key that is handed out before its time leaves its timer behind: those of next week, when a suppression
        window opens, would gather with each pass.
        """
        if len(self._timers) > 2 * len(self._due) + _OVERTAKEN:
            self._timers = [(due, key) for key, (due, _) in self._due.items()]
            heapq.heapify(self._timers)

    def _wake_due(self, now: float) -> None:
        while (due := self.next_due()) is not None and due <= now:
            _, key = heapq.heappop(self._timers)
            _, lane = self._due.pop(key)
            if self._held.get(key, 0.0) <= now:
                self._held.pop(key, None)
            self.add(key, lane, now)

    def _next_lane(self) -> Lane | None:
        others = sum(lane != "edit" for _, lane in self._running.values())
        lanes = _LANES if others < self._others_at_once else _LANES[:1]
        waiting = [lane for lane in lanes if self._lanes[lane].namespaces]
        for lane in waiting:
            if lane == waiting[-1] or self._in_a_row[lane] < _IN_A_ROW:
                self._in_a_row[lane] += 1
                return lane
            self._in_a_row[lane] = 0
        return None


def _first(one: Lane, other: Lane) -> Lane:
    return min(one, other, key=_LANES.index)
