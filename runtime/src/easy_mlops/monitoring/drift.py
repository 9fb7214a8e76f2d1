"""How far current rows are from the reference, computed from counts that add up over pods and windows. Pure Python.

`psi` is the population stability index over the frozen bins of the reference (deciles or categories, and one bin for
missing values), with half a row added to each count so that an empty bin is no infinity (Yurdakul, *Statistical
Properties of Population Stability Index*, 2018). `feature_mean_shift` is |mean − reference mean| in standard
deviations of the reference.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final


@dataclass
class ColumnCounts:
    """Rows of one column by the bins of its reference, the last one of missing values.

    `shift` is Σ (x − mean) / std over the values that are there, None for a column without a mean to compare;
    `unseen` counts values that training never saw, None where that is not known. Both add up like the bins.
    """

    bins: list[int]
    shift: float | None = None
    unseen: int | None = None

    @property
    def rows(self) -> int:
        """All rows, with a value or without."""
        return sum(self.bins)

    @property
    def present(self) -> int:
        """Rows with a value."""
        return sum(self.bins[:-1])

    def plus(self, other: ColumnCounts) -> ColumnCounts:
        """Both together. Bins of another number are of another reference, and not added."""
        if len(self.bins) != len(other.bins):
            return self
        return ColumnCounts(
            bins=[mine + theirs for mine, theirs in zip(self.bins, other.bins, strict=True)],
            shift=None if self.shift is None or other.shift is None else self.shift + other.shift,
            unseen=None if self.unseen is None or other.unseen is None else self.unseen + other.unseen,
        )


@dataclass(frozen=True)
class ColumnValue:
    """A metric of one column and the rows that it was computed from; None where it has no value.

    `limit` is what it exceeds by chance, where that was asked for.
    """

    column: str
    value: float | None
    samples: int
    limit: float | None = None


@dataclass
class Drift:
    """The reference's bins and the current counts by column, in the model's order."""

    reference: dict[str, tuple[int, ...]] = field(default_factory=dict)
    counts: dict[str, ColumnCounts] = field(default_factory=dict)


def psi(reference: Sequence[int], current: Sequence[int]) -> float:
    """The population stability index of counts over the same bins: Σ (q − p) · ln(q / p), never negative.

    0 for equal shares; customary limits are 0.1 and 0.25 from 500 rows on. Raises `ValueError` for other bins.
    """
    if len(reference) != len(current) or not reference:
        raise ValueError(f"the reference has {len(reference)} bins, the current rows have {len(current)}")
    expected, actual = _shares(reference), _shares(current)
    return math.fsum((q - p) * math.log(q / p) for p, q in zip(expected, actual, strict=True))


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts) + 0.5 * len(counts)
    return [(count + 0.5) / total for count in counts]


def _psi(reference: Sequence[int], counts: ColumnCounts) -> tuple[float | None, int]:
    rows = counts.rows
    return (psi(reference, counts.bins) if rows and len(reference) == len(counts.bins) else None), rows


def _mean_shift(reference: Sequence[int], counts: ColumnCounts) -> tuple[float | None, int]:
    present = counts.present
    return (abs(counts.shift / present) if present and counts.shift is not None else None), present


def _unseen_rate(reference: Sequence[int], counts: ColumnCounts) -> tuple[float | None, int]:
    present = counts.present
    return (counts.unseen / present if present and counts.unseen is not None else None), present


BY_COLUMN: Final[Mapping[str, Callable[[Sequence[int], ColumnCounts], tuple[float | None, int]]]] = {
    "psi": _psi,
    "feature_mean_shift": _mean_shift,
    "unseen_category_rate": _unseen_rate,
}
"""Metrics of a column against its reference: the value, None where it has none, and the rows behind it."""


def by_column(metric: str, drift: Drift) -> list[ColumnValue]:
    """A metric of `BY_COLUMN` for each column that has it, the worst first, then in the model's order."""
    found = []
    for column, counts in drift.counts.items():
        if not _applies(metric, counts):
            continue
        value, samples = BY_COLUMN[metric](drift.reference.get(column, ()), counts)
        found.append(ColumnValue(column, value, samples))
    return sorted(found, key=lambda item: -math.inf if item.value is None else item.value, reverse=True)


def _applies(metric: str, counts: ColumnCounts) -> bool:
    return not (
        (metric == "feature_mean_shift" and counts.shift is None)
        or (metric == "unseen_category_rate" and counts.unseen is None)
    )
