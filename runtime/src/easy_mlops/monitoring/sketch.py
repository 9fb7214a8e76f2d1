"""A mergeable quantile sketch for latencies (DDSketch; Masson, Rim and Lee, VLDB 2019).

A value x > 0 falls into bucket ceil(log(x) / log(gamma)) with gamma = (1 + alpha) / (1 - alpha), so any quantile
is off by at most the relative error alpha, and two sketches merge by adding their buckets. The counts go over
the wire as they are, which is why this is implemented here instead of taken from a library: the native scoring path
has to write the same buckets.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

ALPHA: Final = 0.01
_LOG_GAMMA: Final = math.log((1 + ALPHA) / (1 - ALPHA))
_SMALLEST: Final = 1e-3
"""Values below a microsecond (in milliseconds) share one bucket."""


class Sketch:
    """Counts of positive values in logarithmic buckets; relative error of a quantile at most `ALPHA`."""

    __slots__ = ("buckets", "count")

    def __init__(self, buckets: Mapping[int, int] | None = None) -> None:
        self.buckets: dict[int, int] = dict(buckets or {})
        self.count = sum(self.buckets.values())

    def add(self, value: float) -> None:
        """Count one value (milliseconds)."""
        index = math.ceil(math.log(max(value, _SMALLEST)) / _LOG_GAMMA)
        self.buckets[index] = self.buckets.get(index, 0) + 1
        self.count += 1

    def merge(self, other: Sketch) -> None:
        """Add another sketch's counts to this one."""
        for index, count in other.buckets.items():
            self.buckets[index] = self.buckets.get(index, 0) + count
        self.count += other.count

    def quantile(self, q: float) -> float | None:
        """The q-quantile (0 ≤ q ≤ 1) in the unit of the values; None when nothing was counted."""
        if not self.count:
            return None
        rank = q * (self.count - 1)
        seen = 0
        for index in sorted(self.buckets):
            seen += self.buckets[index]
            if seen > rank:
                return 2 * math.exp(index * _LOG_GAMMA) / (math.exp(_LOG_GAMMA) + 1)
        raise AssertionError("unreachable: the counts add up to self.count")
