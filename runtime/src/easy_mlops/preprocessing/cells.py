"""The cells of a table in the two forms that are transformed, numbers and texts, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from easy_mlops.preprocessing.columns import Column, Mask, Numbers, Texts


@dataclass(frozen=True)
class InputReport:
    """Observations about rows to be predicted.

    Attributes
    ----------
    rows : int
        Number of rows.
    missing : mapping of str to int
        Number of missing values by column, for columns that have any.
    unseen : mapping of str to int
        Number of categories that did not occur in training by column, for columns that have any.
    errors : mapping of int to str
        Reason why a row cannot be scored, by row number from 0.

    Examples
    --------
    >>> import pandas as pd
    >>> from easy_mlops.preprocessing import DataPreprocessor
    >>> preprocessor = DataPreprocessor({"handle_missing": "mean"}).fit(pd.DataFrame({"age": [20.0, 40.0]}))
    >>> preprocessor.inspect(pd.DataFrame({"age": [None, 30.0]})).missing
    {'age': 1}
    """

    rows: int
    missing: Mapping[str, int]
    unseen: Mapping[str, int]
    errors: Mapping[int, str]


@dataclass(frozen=True)
class Cells:
    """Rows in the two forms of `columns.py`, columns in the order of training; `errors` as in `InputReport`."""

    numbers: Numbers
    texts: Texts
    errors: Mapping[int, str]


def complete_rows(cells: Cells) -> Mask:
    """Rows without a missing value."""
    texts = np.array([[cell is not None for cell in row] for row in cells.texts.tolist()], dtype=bool)
    return np.asarray(~np.isnan(cells.numbers).any(axis=1) & texts.reshape(cells.texts.shape).all(axis=1))


def stacked(columns: list[NDArray[Any]], rows: int, dtype: Any) -> NDArray[Any]:
    """Columns as a matrix, also if there are none."""
    out = np.empty((rows, len(columns)), dtype=dtype)
    for position, values in enumerate(columns):
        out[:, position] = values
    return out


def note_errors(errors: dict[int, str], column: Column, series: pd.Series[Any], bad: Mask) -> None:
    """Add the rows with a value of the wrong type, each with its first reason."""
    expected = "true or false" if column.kind == "boolean" else "a finite number"
    for row in np.flatnonzero(bad).tolist():
        errors.setdefault(row, f"column {column.name!r} takes {expected}, got {series.iloc[row]!r}")
