"""Whether a table has the schema that a model was trained on, by the hash of names, logical types and nullability.

A table conforms if it is a special case of the schema: nullable columns may have no missing values, whole numbers are
valid numbers, and columns that the model does not have are ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from easy_mlops.preprocessing.columns import Column, kind_of, numbers_of, schema_hash
from easy_mlops.preprocessing.errors import DataError


def mismatches(columns: Sequence[Column], frame: pd.DataFrame) -> list[str]:
    """The names of the columns that do not match the schema; empty if the hashes are equal."""
    expected = [(column.name, str(column.kind), column.nullable) for column in columns]
    actual = [_form(column, frame[column.name]) for column in columns]
    if schema_hash(expected) == schema_hash(actual):
        return []
    return [column.name for column, mine, theirs in zip(columns, expected, actual, strict=True) if mine != theirs]


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
