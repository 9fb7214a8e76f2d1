"""The reference's bins: read from metadata.json, counts over them that add up, and how far the counts are from it.

Bins are frozen at training. Bins that follow the current data hide the very drift that they are to show: one outlier
among 5,000 rows stretches equal-width bins until everything else falls into one of them. `binning` makes the bins and
sorts rows into them; this module is pure Python.

`psi` is the population stability index over the bins (deciles or categories, and one bin for missing values), with
half a row added to each count so that an empty bin gives no infinity (Yurdakul, *Statistical Properties of Population
Stability Index*, 2018). `feature_mean_shift` is |mean − reference mean| in standard deviations of the reference.
`null_rate` is the share of rows of a column without a value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from easy_mlops.rules.figure import Figure

CATEGORY_BINS: Final = 20
"""Categories with a bin of their own, the most frequent ones; the others share one."""
LISTED_CATEGORIES: Final = 1000
"""A schema that lists this many categories of a column may omit others: what is unseen is not known then."""


@dataclass(frozen=True)
class ColumnReference:
    """A column of the training split in B bins; `counts` has B numbers of rows, the last one of missing values.

    Numbers: bin i holds edges[i-1] < x ≤ edges[i]; `mean` and `std` are theirs, `std` 0 for a constant. Texts: one bin
    for each of `categories`, then one for all others; `known` has all that training saw, None if that is not known.
    """

    name: str
    counts: tuple[int, ...]
    edges: tuple[float, ...] = ()
    mean: float = 0.0
    std: float = 0.0
    categories: tuple[str, ...] = ()
    known: frozenset[str] | None = None
    text: bool = False

    @property
    def has_shift(self) -> bool:
        """Whether a mean can be compared: not of texts, and not of a constant, which has no spread to measure by."""
        return not self.text and self.std > 0


def references(metadata: Mapping[str, Any]) -> tuple[ColumnReference, ...]:
    """The columns of a deployment's metadata that have a usable reference, in the order of its schema."""
    reference, schema = metadata.get("reference"), metadata.get("schema")
    if not isinstance(reference, Mapping) or not isinstance(schema, Mapping):
        return ()
    profiles, rows = reference.get("columns") or {}, int(reference.get("rows") or 0)
    columns = []
    for column in schema.get("columns") or ():
        profile = profiles.get(column.get("name"))
        if isinstance(profile, Mapping) and rows:
            make = _of_texts if column.get("type") == "text" else _of_numbers
            columns.append(make(column, profile, round(rows * float(profile.get("null_rate") or 0.0))))
    return tuple(item for item in columns if sum(item.counts))


def _of_numbers(column: Mapping[str, Any], profile: Mapping[str, Any], nulls: int) -> ColumnReference:
    std = float(profile.get("std") or 0.0)
    return ColumnReference(
        name=column["name"],
        counts=(*map(int, profile.get("counts") or ()), nulls),
        edges=tuple(map(float, profile.get("edges") or ())),
        mean=float(profile.get("mean") or 0.0),
        std=std if math.isfinite(std) else 0.0,
    )


def _of_texts(column: Mapping[str, Any], profile: Mapping[str, Any], nulls: int) -> ColumnReference:
    frequent = sorted((profile.get("categories") or {}).items(), key=lambda item: (-item[1], item[0]))
    binned, rest = frequent[:CATEGORY_BINS], frequent[CATEGORY_BINS:]
    others = int(profile.get("other") or 0) + sum(count for _, count in rest)
    listed = column.get("categories") or ()
    return ColumnReference(
        name=column["name"],
        counts=(*(int(count) for _, count in binned), others, nulls),
        categories=tuple(name for name, _ in binned),
        known=frozenset(listed) if 0 < len(listed) < LISTED_CATEGORIES else None,
        text=True,
    )


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
        """Both together. A different number of bins belongs to another reference and is not added."""
        if len(self.bins) != len(other.bins):
            return self
        return ColumnCounts(
            bins=[mine + theirs for mine, theirs in zip(self.bins, other.bins, strict=True)],
            shift=None if self.shift is None or other.shift is None else self.shift + other.shift,
            unseen=None if self.unseen is None or other.unseen is None else self.unseen + other.unseen,
        )


@dataclass
class Drift:
    """The reference's bins and the current counts by column, in the model's order."""

    reference: dict[str, tuple[int, ...]] = field(default_factory=dict)
    counts: dict[str, ColumnCounts] = field(default_factory=dict)


def psi(reference: Sequence[int], current: Sequence[int]) -> float:
    """The population stability index of counts over the same bins: Σ (q − p) · ln(q / p), never negative.

    Parameters
    ----------
    reference, current : sequence of int, of the same length B
        Rows in each bin.

    Returns
    -------
    float
        0 for equal shares; customary limits are 0.1 and 0.25 from 500 rows on.

    Raises
    ------
    ValueError
        If the numbers of bins differ, or there are none.
    """
    if len(reference) != len(current) or not reference:
        raise ValueError(f"the reference has {len(reference)} bins, the current rows have {len(current)}")
    expected, actual = _shares(reference), _shares(current)
    return math.fsum((q - p) * math.log(q / p) for p, q in zip(expected, actual, strict=True))


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts) + 0.5 * len(counts)
    return [(count + 0.5) / total for count in counts]


Measured = tuple[float | None, int]
"""A metric of a column, None where these rows do not show it, and the rows behind it."""


def _psi(reference: Sequence[int], counts: ColumnCounts) -> Measured:
    rows = counts.rows
    return (psi(reference, counts.bins) if rows and len(reference) == len(counts.bins) else None), rows


def _mean_shift(reference: Sequence[int], counts: ColumnCounts) -> Measured | None:
    present = counts.present
    return None if counts.shift is None else (abs(counts.shift / present) if present else None, present)


def _unseen_rate(reference: Sequence[int], counts: ColumnCounts) -> Measured | None:
    present = counts.present
    return None if counts.unseen is None else (counts.unseen / present if present else None, present)


BY_COLUMN: Final[Mapping[str, Callable[[Sequence[int], ColumnCounts], Measured | None]]] = {
    "psi": _psi,
    "feature_mean_shift": _mean_shift,
    "unseen_category_rate": _unseen_rate,
}
"""Formulas of a column against its reference; None for a column to which the metric does not apply."""


def by_column(metric: str, drift: Drift) -> list[Figure]:
    """A metric of `BY_COLUMN` for each column that has it, the worst first, then in the model's order."""
    figures = []
    for column, counts in drift.counts.items():
        reference = drift.reference.get(column, ())
        measured = BY_COLUMN[metric](reference, counts)
        if measured is not None:
            bins, rows = len(reference), sum(reference)
            figures.append(Figure(*measured, column=column, bins=bins, reference_rows=rows))
    return sorted(figures, key=lambda item: -math.inf if item.value is None else item.value, reverse=True)


def null_rates(nulls: Mapping[str, int], rows: int) -> list[Figure]:
    """The share of rows without a value by column, the worst first; `nulls` counts such rows of every column."""
    worst = sorted(nulls.items(), key=lambda item: -item[1])
    return [Figure(count / rows if rows else None, rows, column) for column, count in worst]
