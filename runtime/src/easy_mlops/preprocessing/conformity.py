"""Whether a table is of the schema that a model was trained on, by the hash of names, logical types and nullability.

What a table cannot show is taken from the schema: a column that may be empty need not be, whole numbers are numbers,
and what is not a column of the model is not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from easy_mlops.preprocessing.columns import Column, kind_of, numbers_of, schema_hash
from easy_mlops.preprocessing.errors import DataError


def mismatches(columns: Sequence[Column], frame: pd.DataFrame) -> list[str]:
    """The columns, by name, in which the table is of another schema; none when the hashes are the same."""
    expected = [(column.name, str(column.kind), column.nullable) for column in columns]
    found = [_form(column, frame[column.name]) for column in columns]
    if schema_hash(expected) == schema_hash(found):
        return []
    return [column.name for column, mine, theirs in zip(columns, expected, found, strict=True) if mine != theirs]


def _form(column: Column, series: pd.Series[Any]) -> tuple[str, str, bool]:
    missing = bool(series.isna().any())
    kind = str(column.kind) if bool(series.isna().all()) else _kind(column, series)
    return column.name, kind, column.nullable or missing


def _kind(column: Column, series: pd.Series[Any]) -> str:
    if not column.text:
        values, bad = numbers_of(series, column.kind)
        if not bad.any():
            present = values[~np.isnan(values)]
            fraction = column.kind == "integer" and bool((present != np.round(present)).any())
            return "number" if fraction else column.kind
    try:
        return kind_of(column.name, series)
    except DataError:
        return "mixed"
