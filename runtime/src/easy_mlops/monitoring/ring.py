"""A ring of counts by time, so that a window of the last minutes costs nothing to move.

A slot belongs to the time that its number stands for and is emptied when it is used again, even after a night without
requests. A window of W seconds covers the last W seconds plus the current slot: never less than W, and at most one slot
more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Ring(Generic[T]):
    """Slots of `seconds` seconds each that reach back for `reach` seconds; `make` returns an empty one."""

    def __init__(self, seconds: int, reach: int, make: Callable[[], T]) -> None:
        self.seconds = seconds
        self._make = make
        self._slots: list[tuple[int, T] | None] = [None] * (reach // seconds + 1)

    def slot(self, now: float) -> T:
        """The slot of this time."""
        number = int(now // self.seconds)
        place = number % len(self._slots)
        slot = self._slots[place]
        if slot is None or slot[0] != number:
            slot = self._slots[place] = (number, self._make())
        return slot[1]

    def within(self, now: float, reach: int) -> list[T]:
        """The slots of the last `reach` seconds that have been used."""
        last = int(now // self.seconds)
        first = last - reach // self.seconds
        return [slot[1] for slot in self._slots if slot is not None and first <= slot[0] <= last]
