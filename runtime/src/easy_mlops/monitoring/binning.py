"""Makes the reference's bins from the training split, and sorts rows into them; needs numpy.

Both sides agree that bin i holds edges[i-1] < x ≤ edges[i]. What the bins are for is described in `bins`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from easy_mlops.monitoring.bins import ColumnCounts, ColumnReference

Cells = Sequence[Any]
"""One row in the order of the model's columns; None or NaN is a missing value."""
_LARGEST_SCORE: Final = 1e9
"""A value more standard deviations away than this counts as this many: a sum must stay a number."""
_QUANTILES: Final = np.linspace(0.0, 1.0, 11)
CATEGORY_COUNTS: Final = 50
"""Categories that are counted one by one; the others are counted together."""


def profile_of(values: NDArray[np.float64] | NDArray[np.object_]) -> dict[str, Any]:
    """The profile of a column of the training split, of shape (rows,): numbers with NaN, or texts with None."""
    return _of_texts(values) if values.dtype == object else _of_numbers(values)


def _of_numbers(values: NDArray[Any]) -> dict[str, Any]:
    """Share of missing values, mean, population standard deviation, deciles, and counts between the inner deciles.

    `edges` are the distinct inner deciles; bin i holds the values x with edges[i-1] < x <= edges[i].
    """
    present = values[~np.isnan(values)]
    quantiles = np.quantile(present, _QUANTILES)
    edges = np.unique(quantiles[1:-1])
    counts = np.bincount(np.searchsorted(edges, present, side="left"), minlength=len(edges) + 1)
    return {
        "null_rate": _share(len(values) - len(present), len(values)),
        "mean": float(present.mean()),
        "std": float(present.std()),
        "quantiles": quantiles.tolist(),
        "edges": edges.tolist(),
        "counts": counts.tolist(),
    }


def _of_texts(values: NDArray[Any]) -> dict[str, Any]:
    """Share of missing values, and the counts of the most frequent categories."""
    present = [value for value in values.tolist() if value is not None]
    names, counts = np.unique(np.array(present, dtype=object), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:CATEGORY_COUNTS]
    frequent = {str(names[index]): int(counts[index]) for index in order}
    return {
        "null_rate": _share(len(values) - len(present), len(values)),
        "categories": frequent,
        "other": len(present) - sum(frequent.values()),
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


@dataclass
class Binned:
    """Counts of many columns: `bins` one after another, `shift` and `unseen` by position of the column."""

    bins: NDArray[np.int64]
    shift: NDArray[np.float64]
    unseen: NDArray[np.int64]

    def add(self, other: Binned) -> None:
        """Add other counts to these."""
        self.bins += other.bins
        self.shift += other.shift
        self.unseen += other.unseen


class Binning:
    """Sorts rows of the model's `columns` into the bins of those that have a reference."""

    def __init__(self, columns: Sequence[str], references: Sequence[ColumnReference]) -> None:
        places = {name: place for place, name in enumerate(columns)}
        self.references = tuple(item for item in references if item.name in places)
        ends = np.cumsum([len(item.counts) for item in self.references], dtype=np.int64)
        self._total = int(ends[-1]) if len(ends) else 0
        self._starts = np.concatenate([[0], ends[:-1]]).astype(np.int64) if len(ends) else ends
        every = list(enumerate(self.references))
        self._numbers = [index for index, item in every if not item.text]
        self._texts = [index for index, item in every if item.text]
        self._places = [places[item.name] for item in self.references]
        numeric = [self.references[index] for index in self._numbers]
        width = max((len(item.edges) for item in numeric), default=0)
        padded = [[*item.edges, *[np.inf] * (width - len(item.edges))] for item in numeric]
        self._edges = np.array(padded, dtype=np.float64).reshape(len(numeric), width).T
        self._nulls = np.array([len(item.counts) - 1 for item in numeric], dtype=np.int64)
        self._mean = np.array([item.mean for item in numeric])
        self._std = np.array([item.std if item.has_shift else np.inf for item in numeric])
        self._codes = [
            {**{name: code for code, name in enumerate(item.categories)}, None: len(item.counts) - 1}
            for item in (self.references[index] for index in self._texts)
        ]

    def nothing(self) -> Binned:
        """Counts of no rows."""
        columns = len(self.references)
        return Binned(np.zeros(self._total, np.int64), np.zeros(columns), np.zeros(columns, np.int64))

    def count(self, rows: Sequence[Cells]) -> Binned:
        """The counts of some rows, whose cells have the types of their columns (numbers and flags, or texts)."""
        counted = self.nothing()
        if not rows or not self.references:
            return counted
        if self._numbers:
            self._count_numbers(rows, counted)
        for index, codes in zip(self._texts, self._codes, strict=True):
            self._count_texts([row[self._places[index]] for row in rows], index, codes, counted)
        return counted

    def _count_numbers(self, rows: Sequence[Cells], counted: Binned) -> None:
        places = [self._places[index] for index in self._numbers]
        values = np.array([[row[place] for place in places] for row in rows], dtype=np.float64)
        missing = np.isnan(values)
        bins = np.zeros(values.shape, dtype=np.int64)
        for edges in self._edges:  # nine comparisons of everything, instead of a search in each column
            bins += values > edges
        bins = np.where(missing, self._nulls, bins)
        flat = bins + self._starts[self._numbers]
        counted.bins += np.bincount(flat.ravel(), minlength=self._total)
        with np.errstate(over="ignore", invalid="ignore"):
            scores = np.clip((values - self._mean) / self._std, -_LARGEST_SCORE, _LARGEST_SCORE)
        counted.shift[self._numbers] = np.where(missing, 0.0, scores).sum(axis=0)

    def _count_texts(self, cells: Cells, index: int, codes: dict[str | None, int], counted: Binned) -> None:
        reference, start = self.references[index], int(self._starts[index])
        others = len(reference.categories)
        places = [codes.get(cell, others) for cell in cells]
        counts = np.bincount(places, minlength=len(reference.counts))
        counted.bins[start : start + len(reference.counts)] += counts
        if reference.known is not None and counts[others]:
            new = sum(code == others and cell not in reference.known for cell, code in zip(cells, places, strict=True))
            counted.unseen[index] = new

    def by_column(self, counted: Binned) -> dict[str, ColumnCounts]:
        """The same counts in the form that a summary has."""
        columns = {}
        bins, shift, unseen = counted.bins.tolist(), counted.shift.tolist(), counted.unseen.tolist()
        for index, item in enumerate(self.references):
            start = int(self._starts[index])
            columns[item.name] = ColumnCounts(
                bins=bins[start : start + len(item.counts)],
                shift=shift[index] if item.has_shift else None,
                unseen=unseen[index] if item.known is not None else None,
            )
        return columns
