"""The reference profile: how the training split was distributed, for whoever compares later data with it.

Bins are frozen here, as deciles of the training split: bins that follow the current data hide the very drift that
they are to show.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from easy_mlops.preprocessing.columns import Column, Numbers, Texts, numbers_of, texts_of

_QUANTILES: Final = np.linspace(0.0, 1.0, 11)
CATEGORY_COUNTS: Final = 50
"""Categories that are counted one by one; the others are counted together."""


def profile_of(column: Column, series: pd.Series[Any]) -> dict[str, Any]:
    """The profile of a column of a table."""
    if column.text:
        return profile_of_texts(texts_of(series))
    return profile_of_numbers(numbers_of(series, column.kind)[0])


def profile_of_numbers(values: Numbers) -> dict[str, Any]:
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


def profile_of_texts(values: Texts) -> dict[str, Any]:
    """Share of missing values, and how often each of the most frequent categories is there."""
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
