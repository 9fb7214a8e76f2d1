"""The history of a metric in bounded memory: the outline of any number of values, as a plot shows it."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

MOST_STRETCHES: Final = 240
"""Stretches of the axis; a plot is a few hundred pixels wide and shows lowest and highest value of each."""


class Point(NamedTuple):
    """A value at `x`: seconds since 1970, or a number on another axis."""

    x: float
    value: float


class _Outline:
    """The extremes of each stretch of an axis; the length of stretches doubles as the axis grows."""

    def __init__(self, width: float) -> None:
        self._width = width
        self._stretches: dict[int, tuple[Point, Point] | None] = {}
        """Lowest and highest point by number of the stretch; None for one without values."""

    def add(self, x: float, point: Point | None) -> None:
        self._join(math.floor(x / self._width), point)
        while len(self._stretches) > MOST_STRETCHES:
            self._width *= 2
            before, self._stretches = self._stretches, {}
            for number, stretch in before.items():
                for extreme in stretch or (None,):
                    self._join(number // 2, extreme)

    def runs(self, last: Point | None) -> list[list[Point]]:
        """Runs of points from left to right, ending with `last`; a stretch without values separates runs."""
        runs: list[list[Point]] = [[]]
        for number in sorted(self._stretches):
            stretch = self._stretches[number]
            if stretch is None:
                runs.append([])
            else:
                runs[-1] += sorted(set(stretch))
        runs = [run for run in runs if run]
        if last and runs[-1][-1] != last:
            runs[-1].append(last)
        return runs

    def _join(self, number: int, point: Point | None) -> None:
        extremes = self._stretches.get(number)
        if point is None or extremes is None:
            self._stretches[number] = extremes if point is None else (point, point)
        elif point.value < extremes[0].value:
            self._stretches[number] = (point, extremes[1])
        elif point.value > extremes[1].value:
            self._stretches[number] = (extremes[0], point)


class Series:
    """Values of one metric along an axis, added in any order.

    Parameters
    ----------
    name
        The name of the metric.
    finest
        Distance on the axis, in its unit, below which values share a stretch, such as a millisecond.

    Attributes
    ----------
    count, missing : int
        Values that were added, and those among them that are not finite numbers.
    low, high, last : Point or None
        The exact extremes, and the value with the largest `x`.

    Examples
    --------
    >>> series = Series("accuracy")
    >>> for x, value in enumerate([0.9, None, 0.7]):
    ...     series.add(x, value)
    >>> series.low
    Point(x=2, value=0.7)
    >>> len(series.along_axis())
    2
    """

    def __init__(self, name: str, *, finest: float = 0.001) -> None:
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
        """Add a value at a finite `x`; None and values that are not finite leave a gap."""
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
        """The same by number of each value instead of `x`, for values that are close together."""
        return self._in_order.runs(self._last_in_order)
