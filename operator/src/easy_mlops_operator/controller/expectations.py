"""What our own writes are about to change: until the store shows it, nobody acts on that child again.

The answer to an apply goes into the store at once, so only deletions are expected: their answer says that the
server accepted them, not that the object is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from easy_mlops_operator.controller.kinds import Key, Kind
from easy_mlops_operator.controller.store import Store

PATIENCE: Final = 5.0
"""Seconds after which an expectation is given up: the event was missed, or somebody was faster."""


class Expectations:
    """Children that have been deleted and are still in the store."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that only grow."""
        self._store = store
        self._clock = clock
        self._until: dict[tuple[Kind, Key, str], float] = {}

    def expect_gone(self, kind: Kind, key: Key, uid: str) -> None:
        """The object of this uid is about to go."""
        now = self._clock()
        self._until = {each: until for each, until in self._until.items() if until > now}
        self._until[kind, key, uid] = now + PATIENCE

    def seconds_left(self, kind: Kind, key: Key) -> float:
        """How long to leave the object of this name alone; 0 when it may be acted on."""
        longest = 0.0
        for expected in [each for each in self._until if each[:2] == (kind, key)]:
            left = self._until[expected] - self._clock()
            if left <= 0 or self._is_met(*expected):
                del self._until[expected]
            else:
                longest = max(longest, left)
        return longest

    def _is_met(self, kind: Kind, key: Key, uid: str) -> bool:
        metadata = (self._store.get(kind, key) or {}).get("metadata", {})
        return metadata.get("uid") != uid or "deletionTimestamp" in metadata
