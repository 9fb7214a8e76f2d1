"""Maps values to pixels, and chooses round values and times for the ticks of an axis."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

_TINY: Final = 1e-290
_HUGE: Final = sys.float_info.max
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_STEPS: Final = (
    *(1, 5, 15, 30, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY),
)
"""Seconds between ticks; longer axes have ticks at months."""


@dataclass(frozen=True)
class Scale:
    """Maps `low` to `start` and `high` to `end`, in pixels; for any finite numbers."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        # Halves, because the distance between two finite numbers may be infinite.
        share = (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        return self.start + share * (self.end - self.start)


def padded(values: Sequence[float]) -> tuple[float, float]:
    """Bounds of finite values with a margin, also for equal values."""
    low, high = min(values), max(values)
    margin = (high / 2 - low / 2) * 0.16
    if margin <= max(abs(low), abs(high)) * 1e-9 or margin < _TINY:
        margin = max(abs(low), abs(high)) * 0.1
    margin = margin if margin >= _TINY else 1.0
    return max(low - margin, -_HUGE), min(high + margin, _HUGE)


def ticks(low: float, high: float, most: int = 5) -> list[tuple[float, str]]:
    """Two or more round values between two bounds, with their labels."""
    apart = high / most - low / most
    power = 10.0 ** math.floor(math.log10(apart))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= apart)
    values = [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]
    largest = max(map(abs, values), default=0.0)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9) + (f"{step:.6e}"[2] == "5" and step < 10))
    if largest >= 1e6 or decimals > 5:
        return [(value, f"{value:.3g}") for value in values]
    return [(value, f"{value:.{decimals}f}") for value in values]


def time_ticks(begin: float, end: float, most: int = 5) -> Iterator[tuple[float, str, str]]:
    """Round times between two, in seconds since 1970: time, label, and a second label where date or year changes."""
    step = next((step for step in _STEPS if (end - begin) / step <= most), None)
    times = _months(begin, end, most) if step is None else _regular(begin, end, step)
    above, below = ("%b", "%Y") if step is None else ("%d %b", "%Y") if step >= _DAY else ("%H:%M", "%d %b %Y")
    if step is not None and step < _MINUTE:
        above = "%H:%M:%S"
    before = ""
    for time in times:
        under = time.strftime(below)
        yield time.timestamp(), time.strftime(above), under if under != before else ""
        before = under


def _regular(begin: float, end: float, step: int) -> Iterator[datetime]:
    for number in range(math.ceil(begin / step), math.floor(end / step) + 1):
        if begin <= number * step <= end:  # the rounded quotient may be a whole number
            yield datetime.fromtimestamp(0, UTC) + timedelta(seconds=number * step)


def _months(begin: float, end: float, most: int) -> Iterator[datetime]:
    first, last = (datetime.fromtimestamp(0, UTC) + timedelta(seconds=place) for place in (begin, end))
    months = range(first.year * 12 + first.month, last.year * 12 + last.month)
    every = next((step for step in (1, 3, 6, 12, 24, 60) if len(months) / step <= most), 120 * (len(months) // 600 + 1))
    for month in months:
        if month % every == 0:
            yield datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
