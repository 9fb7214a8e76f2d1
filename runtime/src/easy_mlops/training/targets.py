"""The problem that a target poses, and the split into training and held-out rows."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import pandas as pd
from pandas.api import types
from sklearn.model_selection import train_test_split

Problem = Literal["classification", "regression"]
MAX_CLASSES: Final = 20
"""An integer target with at most this many distinct values is treated as classes."""


def problem_of(target: pd.Series) -> Problem:
    """Classification for texts, booleans and few distinct whole numbers; otherwise regression."""
    if not types.is_numeric_dtype(target) or types.is_bool_dtype(target):
        return "classification"
    values = target.dropna().to_numpy(dtype=float)
    whole = bool(np.all(values == np.floor(values)))
    few = len(np.unique(values)) <= min(MAX_CLASSES, max(2, len(values) // 2))
    return "classification" if whole and few else "regression"


def split_rows(
    target: pd.Series, *, test_size: float, random_state: int, stratify: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the training and of the held-out rows, each in ascending order.

    The split is stratified if every class has at least two rows and both sides are large enough for all classes.
    Raises `ValueError` if a side would be empty.
    """
    rows = len(target)
    held_out = int(np.ceil(rows * test_size))
    if held_out < 1 or rows - held_out < 1:
        raise ValueError(f"{rows} rows cannot be split with test_size {test_size:g}: each side needs at least one row")
    labels = target.to_numpy() if stratify and _can_stratify(target, held_out) else None
    train, test = train_test_split(
        np.arange(rows), test_size=held_out, random_state=random_state, shuffle=True, stratify=labels
    )
    return np.sort(train), np.sort(test)


def _can_stratify(target: pd.Series, held_out: int) -> bool:
    counts = target.value_counts()
    return len(counts) > 0 and int(counts.min()) >= 2 and min(held_out, len(target) - held_out) >= len(counts)
