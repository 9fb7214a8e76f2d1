"""The history of a metric in bounded memory: of a million values, the outline that a plot can show."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

MOST_STRETCHES: Final = 240
"""A plot is a few hundred pixels wide; each stretch of it shows its lowest and its highest value."""


class Point(NamedTuple):
    """A value, and where it stands: seconds since 1970, or a number of any other axis."""

    x: float
    value: float


class _Outline:
    """The extremes of each stretch of an axis; stretches double in length as the axis grows."""

    def __init__(self, width: float) -> None:
        self._width = width
        self._stretches: dict[int, tuple[Point, Point] | None] = {}
        """Lowest and highest point by number of the stretch; None for one with nothing but gaps."""

    def add(self, x: float, point: Point | None) -> None:
        self._join(math.floor(x / self._width), point)
        while len(self._stretches) > MOST_STRETCHES:
            self._width *= 2
            before, self._stretches = self._stretches, {}
            for number, stretch in before.items():
                for extreme in stretch or (None,):
                    self._join(number // 2, extreme)

    def runs(self, last: Point | None) -> list[list[Point]]:
        """The points from left to right, ending with the `last`; a stretch without any value parts them."""
        found: list[list[Point]] = [[]]
        for number in sorted(self._stretches):
            stretch = self._stretches[number]
            if stretch is None:
                found.append([])
            else:
                found[-1] += sorted(set(stretch))
        runs = [run for run in found if run]
        if last and runs[-1][-1] != last:
            runs[-1].append(last)
        return runs

    def _join(self, number: int, point: Point | None) -> None:
        there = self._stretches.get(number)
        if point is None or there is None:
            self._stretches[number] = there if point is None else (point, point)
        elif point.value < there[0].value:
            self._stretches[number] = (point, there[1])
        elif point.value > there[1].value:
            self._stretches[number] = (there[0], point)


class Series:
    """Values of one metric along an axis, added in any order.

    `count` values were added, `missing` of them no finite number; `low` and `high` are the extremes, `last` the value
    that stands furthest to the right. All are exact, however many values there are.
    """

    def __init__(self, name: str, *, finest: float = 0.001) -> None:
        """`finest` is the distance on the axis below which values share a stretch, such as a millisecond."""
        self.name = name
        self.count = 0
        self.missing = 0
        self.begin = math.inf
        self.end = -math.inf
        self.low: Point | None = None
        self.high: Point | None = None
        self.last: Point | None = None
        self._last_in_order: Point | None = None
        self._along_axis = _Outline(finest)
        self._in_order = _Outline(1.0)

    def add(self, x: float, value: float | None) -> None:
        """Add a value at a finite place; None and what is not finite leave a gap."""
        point = None if value is None or not math.isfinite(value) else Point(x, value)
        numbered = None if point is None else Point(self.count, point.value)
        self._along_axis.add(x, point)
        self._in_order.add(self.count, numbered)
        self._last_in_order = numbered or self._last_in_order
        self.count += 1
        self.begin, self.end = min(self.begin, x), max(self.end, x)
        if point is None:
            self.missing += 1
            return
        self.low = point if self.low is None or point.value < self.low.value else self.low
        self.high = point if self.high is None or point.value > self.high.value else self.high
        self.last = point if self.last is None or point.x >= self.last.x else self.last

    def along_axis(self) -> list[list[Point]]:
        """Runs of points between gaps, from left to right; at most two points for each of `MOST_STRETCHES`."""
        return self._along_axis.runs(self.last)

    def in_order(self) -> list[list[Point]]:
        """The same with the number of each value in place of its own axis, for values that all stand in one place."""
        return self._in_order.runs(self._last_in_order)
