"""The kinds of a table's columns, and their values in the two representations that later stages use.

Numbers and booleans are float64 with NaN for a missing value, texts are Python strings with None, regardless of the
pandas version and the file format.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from easy_mlops.preprocessing.errors import DataError

Kind = Literal["number", "integer", "boolean", "text"]
Numbers = NDArray[np.float64]
Texts = NDArray[np.object_]
Mask = NDArray[np.bool_]

CATEGORY_LIMIT: Final = 1000
"""Categories of a text column that are listed in the schema, the most frequent ones."""

_NUMERIC_OBJECTS: Final = ("integer", "floating", "mixed-integer-float", "decimal")
_TRUTH: Final = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}


@dataclass(frozen=True)
class Column:
    """A column of the training data. `minimum` and `maximum` are set for numbers, `categories` for texts."""

    name: str
    kind: Kind
    nullable: bool
    categories: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    @property
    def text(self) -> bool:
        """Whether its values are texts; else they are numbers."""
        return self.kind == "text"

    def to_json(self) -> dict[str, Any]:
        """The column's entry in the schema of metadata.json."""
        entry: dict[str, Any] = {"name": self.name, "type": self.kind, "nullable": self.nullable}
        if self.text:
            entry["categories"] = list(self.categories)
        elif self.kind != "boolean":
            entry |= {"min": self.minimum, "max": self.maximum}
        return entry


def schema_of(columns: Sequence[Column], target: str | None) -> dict[str, Any]:
    """The schema of metadata.json. Its hash covers only names, types and nullability, in order."""
    return {
        "columns": [column.to_json() for column in columns],
        "target": target,
        "hash": schema_hash([(column.name, column.kind, column.nullable) for column in columns]),
    }


def schema_hash(form: Sequence[tuple[str, str, bool]]) -> str:
    """SHA-256 of the canonical list of names, logical types and nullability."""
    canonical = json.dumps([list(item) for item in form], separators=(",", ":"), ensure_ascii=False).encode()
    return hashlib.sha256(canonical).hexdigest()


def column_of(name: str, series: pd.Series[Any]) -> Column:
    """Describe a column of the training split. Raises `DataError` if no model can use it."""
    kind = kind_of(name, series)
    nullable = bool(series.isna().any())
    if kind == "text":
        counts = pd.Series(texts_of(series), dtype=object).value_counts(sort=True)
        frequent = [str(value) for value in counts.index[:CATEGORY_LIMIT]]
        return Column(name, kind, nullable, categories=tuple(sorted(frequent)))
    numbers, bad = numbers_of(series, kind)
    if bad.any():  # the column is numeric, so these values are not finite
        raise DataError(f"column {name!r} holds infinite numbers; replace them or leave the rows out")
    if kind == "boolean":
        return Column(name, kind, nullable)
    present = numbers[~np.isnan(numbers)]
    if kind == "number" and nullable and bool((present == np.round(present)).all()):
        kind = "integer"  # pandas converts integers to floats if one is missing
    return Column(name, kind, nullable, minimum=float(present.min()), maximum=float(present.max()))


def kind_of(name: str, series: pd.Series[Any]) -> Kind:
    """The kind of a column. Raises `DataError` if it is empty, mixed, or of an unsupported type."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.dtype.categories.dtype)
    if bool(series.isna().all()):
        raise DataError(f"column {name!r} has no value in any of {len(series)} rows; leave it out of the table")
    if pd.api.types.is_bool_dtype(series.dtype):
        return "boolean"
    if pd.api.types.is_integer_dtype(series.dtype):
        return "integer"
    if pd.api.types.is_float_dtype(series.dtype):
        return "number"
    inferred = pd.api.types.infer_dtype(series, skipna=True)
    if inferred == "string":
        return "text"
    if inferred == "boolean":
        return "boolean"
    if inferred in _NUMERIC_OBJECTS:
        return "integer" if inferred == "integer" else "number"
    what = "values of several types" if inferred.startswith("mixed") else f"{inferred} values"
    raise DataError(f"column {name!r} holds {what}; make them numbers or texts, or leave the column out")


def numbers_of(series: pd.Series[Any], kind: Kind) -> tuple[Numbers, Mask]:
    """The values as numbers, and a mask of invalid values, which are NaN like the missing ones.

    A string that parses as a number is one, since a CSV contains only strings; in a boolean column so is `true`.
    """
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.dtype.categories.dtype)
    missing = series.isna().to_numpy(dtype=bool)
    flags = kind == "boolean"
    if pd.api.types.is_bool_dtype(series.dtype):
        values = series.to_numpy(dtype=np.float64, na_value=np.nan)
        return (values, np.zeros(len(series), dtype=bool)) if flags else (np.full(len(series), np.nan), ~missing)
    if pd.api.types.is_numeric_dtype(series.dtype):
        values = series.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        cells = series.to_numpy(dtype=object)
        values = np.array([np.nan if na else _number(cell, flags) for cell, na in zip(cells, missing, strict=True)])
        values = values.astype(np.float64)
    bad = np.isnan(values) & ~missing
    if flags:
        bad |= ~np.isnan(values) & (values != 0) & (values != 1)
    bad |= np.isinf(values)
    return np.where(bad, np.nan, values), bad


def texts_of(series: pd.Series[Any]) -> Texts:
    """The values as texts, None for a missing one. A number becomes the text that a CSV would have for it."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.dtype.categories.dtype)
    missing = series.isna().to_numpy(dtype=bool)
    cells = series.to_numpy(dtype=object)
    values = np.empty(len(cells), dtype=object)
    for index, (cell, absent) in enumerate(zip(cells, missing, strict=True)):
        values[index] = None if absent else cell if isinstance(cell, str) else _text(cell)
    return values


def _number(cell: Any, flags: bool) -> float:
    if isinstance(cell, bool | np.bool_):
        return float(cell) if flags else np.nan
    if flags and isinstance(cell, str):
        return _TRUTH.get(cell.strip().lower(), np.nan)
    try:
        return float(cell) if "_" not in str(cell) else np.nan  # Python accepts 1_000, tables do not
    except (TypeError, ValueError):
        return np.nan


def _text(cell: Any) -> str:
    whole = isinstance(cell, float | np.floating) and float(cell).is_integer()
    return str(int(cell)) if whole else str(cell)
