"""The rows of a table, checked by the same rules as the rows of a request.

A Parquet file knows the type of each column, as JSON does, so its values are taken as they are: the text "12" in a
number column is an error. A CSV file holds texts only. What its fields mean follows from the column that the model has:

- in a number column `12` and `1.5e3` are numbers, `true` and `false` booleans (an error there), anything else a text;
- in a boolean column `true`, `false`, `1` and `0` are booleans, in any case;
- in a text column a field is the text itself, also `12` and `true`;
- empty fields, `NA`, `NaN`, `null` and pandas' other marks are missing values in every column.

Columns that the model does not have are ignored, since files also hold targets and keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd

from easy_mlops.inference.rows import RowReader, Rows
from easy_mlops.inference.schema import ModelColumn, Schema
from easy_mlops.preprocessing.columns import column_of, schema_of
from easy_mlops.preprocessing.errors import missing_column

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,400}")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?inf(inity)?", re.IGNORECASE)
_BOOLEANS: Final[Mapping[str, bool]] = {
    "true": True,
    "false": False,
    "1": True,
    "0": False,
    "1.0": True,
    "0.0": False,
}


def read_rows(table: pd.DataFrame, schema: Schema, *, texts_only: bool) -> Rows:
    """The rows of a table, and an error for each row that cannot be scored.

    Parameters
    ----------
    table
        With the columns of the model in any order, and others.
    schema
        The columns of the model.
    texts_only
        Whether the table is a CSV file read with `text_columns=None`, so that every value is a text or missing.

    Raises
    ------
    DataError
        When a column is missing in which training saw no missing values, or all columns are.
    """
    present = [column for column in schema.columns if column.name in table.columns]
    absent = [column for column in schema.columns if column.name not in table.columns]
    for column in absent:
        if not column.nullable or not present:
            raise missing_column(column.name, table.columns)
    columns = [_cells(column, table[column.name], texts_only=texts_only) for column in present]
    data = [list(row) for row in zip(*columns, strict=True)]
    return RowReader(schema).table([column.name for column in present], data, exact=True, keep_errors=True)


def schema_of_table(table: pd.DataFrame) -> Schema:
    """The schema that training on this table would record. Raises `DataError` for a column that no model can use."""
    return Schema.from_metadata(schema_of([column_of(str(name), table[name]) for name in table.columns], None))


def _cells(column: ModelColumn, series: pd.Series[Any], *, texts_only: bool) -> list[Any]:
    missing = series.isna().tolist()
    convert: Callable[[Any], Any] = _reader_of(column) if texts_only else _value
    return [None if absent else convert(cell) for cell, absent in zip(series.tolist(), missing, strict=True)]


def _reader_of(column: ModelColumn) -> Callable[[str], Any]:
    if column.type == "text":
        return str
    return _boolean if column.type == "boolean" else _number


def _boolean(field: str) -> bool | str:
    return _BOOLEANS.get(field.strip().lower(), field)


def _number(field: str) -> float | bool | str:
    text = field.strip()
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    lower = text.lower()
    return lower == "true" if lower in ("true", "false") else field


def _value(cell: Any) -> Any:
    """A value as JSON would have it."""
    if isinstance(cell, np.generic):
        return cell.item()
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    return cell
