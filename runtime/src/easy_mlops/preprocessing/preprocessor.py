"""`DataPreprocessor`: from a table of numbers, flags and texts to the matrix that a model learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer

from easy_mlops.config.check.preprocessing import check_preprocessing
from easy_mlops.config.errors import did_you_mean, require
from easy_mlops.config.preprocessing import PreprocessingSection
from easy_mlops.monitoring.binning import profile_of
from easy_mlops.preprocessing.columns import Column, Mask, Numbers, Texts, column_of, numbers_of, schema_of, texts_of
from easy_mlops.preprocessing.errors import DataError
from easy_mlops.preprocessing.recipe import Plan, build_transformer, plan_of
from easy_mlops.preprocessing.rowwise import Rowwise, read_transformer
from easy_mlops.preprocessing.table import Format, read_table

Matrix = NDArray[np.float64]
_COMPARED_ROWS: Final = 1000
"""Training rows on which the quick way is compared with scikit-learn's."""


@dataclass(frozen=True)
class InputReport:
    """What was noticed about rows to be predicted.

    `missing` and `unseen` count cells by column, of columns that have any; `errors` tells by row number from 0 why a
    row cannot be scored.
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


class DataPreprocessor:
    """Fills in, scales and encodes columns; fitted once, on the training split.

    Every row that is transformed gives exactly one output row, whatever the configuration says about missing values:
    only training leaves rows out. `transformer_` is the fitted scikit-learn ColumnTransformer that defines what
    happens; `columns_` are the columns that it takes, in order; `schema_` and `reference_` describe the training
    split for metadata.json; `left_out_` are columns of texts that nothing encodes.
    """

    def __init__(self, config: PreprocessingSection | Mapping[str, Any] | None = None) -> None:
        section = config if isinstance(config, PreprocessingSection) else PreprocessingSection.parse(config)
        require(check_preprocessing(section, "preprocessing"))
        self.config = section
        self.columns_: tuple[Column, ...] = ()
        self.left_out_: tuple[str, ...] = ()
        self.transformer_: ColumnTransformer | None = None
        self.schema_: dict[str, Any] = {}
        self.reference_: dict[str, Any] = {}
        self._plan: Plan | None = None
        self._rowwise: Rowwise | None = None

    @property
    def feature_names_in_(self) -> list[str]:
        """The columns that are needed to predict, in the order of training."""
        return [column.name for column in self.columns_]

    @property
    def feature_names_out_(self) -> list[str]:
        """The columns of the matrix."""
        return [str(name) for name in self._fitted().get_feature_names_out()]

    def load_data(self, path: str | Path, table_format: Format | None = None) -> pd.DataFrame:
        """Read a CSV or Parquet file; a fitted preprocessor reads its own columns of texts as texts.

        Raises `TableError`.
        """
        texts = [column.name for column in self.columns_ if column.text]
        return read_table(path, table_format, text_columns=texts)

    def prepare_data(
        self, df: pd.DataFrame, target_column: str | None = None, fit: bool = True
    ) -> tuple[Matrix, NDArray[Any] | None]:
        """The matrix of a table and, with a target column, what is to be predicted.

        With `fit` the preprocessor learns from the table first, and rows without a target, or with a missing value
        where the strategy is `drop`, are left out of both; without it every row stays. Raises `DataError`.
        """
        if target_column is not None and target_column not in df.columns:
            raise unknown_target(target_column, df.columns)
        if not fit:
            return self.transform(df), None if target_column is None else df[target_column].to_numpy()
        if target_column is not None:
            df = df[df[target_column].notna()]
        cells, kept = self._fit(df, target_column)
        matrix = self._apply(Cells(cells.numbers[kept], cells.texts[kept], {}))
        return matrix, None if target_column is None else df[target_column].to_numpy()[kept]

    def fit(self, df: pd.DataFrame) -> Self:
        """Learn from a table without a target. Raises `DataError`."""
        self._fit(df, None)
        return self

    def fit_transform(self, df: pd.DataFrame) -> Matrix:
        """Learn from a table and transform all its rows. Raises `DataError`."""
        cells, _ = self._fit(df, None)
        return self._apply(cells)

    def transform(self, df: pd.DataFrame) -> Matrix:
        """The matrix of a table, a row for a row; other columns of the table are not looked at.

        Raises `DataError` for a missing column or a value of the wrong kind.
        """
        return self._apply(self.read(df))

    def transform_rows(self, rows: Sequence[Sequence[Any]]) -> Matrix:
        """The matrix of rows given as their cells in the order of `feature_names_in_`, None for a missing one.

        The quickest way for a few rows. Cells have to be right already: numbers and booleans, or texts.
        """
        self._fitted()
        numeric = [place for place, column in enumerate(self.columns_) if not column.text]
        texts = [place for place, column in enumerate(self.columns_) if column.text]
        numbers = np.array([[row[place] for place in numeric] for row in rows], dtype=np.float64)
        objects = np.empty((len(rows), len(texts)), dtype=object)
        for position, place in enumerate(texts):
            objects[:, position] = [row[place] for row in rows]
        return self._apply(Cells(numbers.reshape(len(rows), len(numeric)), objects, {}))

    def inspect(self, df: pd.DataFrame) -> InputReport:
        """Count what a model never saw: missing values, unknown categories, values of the wrong kind."""
        self._fitted()
        cells = self.read(df)
        missing: dict[str, int] = {}
        unseen: dict[str, int] = {}
        errors = dict(cells.errors)
        known = {part.name: part for part in self._rowwise.encoded} if self._rowwise else {}
        for column, values in self._by_column(cells):
            gone = [row for row, value in enumerate(values.tolist()) if value is None or value != value]
            if gone := [row for row in gone if row not in cells.errors]:
                missing[column.name] = len(gone)
            encoded = known.get(column.name)
            if encoded is None:
                continue
            new = [row for row, value in enumerate(values.tolist()) if value == value and value not in encoded.codes]
            new = [row for row in new if values[row] is not None]
            if new:
                unseen[column.name] = len(new)
            if encoded.unseen is None:
                for row in new:
                    errors.setdefault(row, f"column {column.name!r} has the unknown category {values[row]!r}")
        return InputReport(len(df), missing, unseen, errors)

    def read(self, df: pd.DataFrame) -> Cells:
        """The cells of a table. Raises `DataError` when a column is missing."""
        self._fitted()
        for name in self.feature_names_in_:
            if name not in df.columns:
                raise missing_column(name, df.columns)
        errors: dict[int, str] = {}
        numbers, texts = [], []
        for column in self.columns_:
            series = df[column.name]
            if column.text:
                texts.append(texts_of(series))
                continue
            values, bad = numbers_of(series, column.kind)
            numbers.append(values)
            _note_errors(errors, column, series, bad)
        return Cells(_stacked(numbers, len(df), np.float64), _stacked(texts, len(df), object), errors)

    def _fit(self, df: pd.DataFrame, target: str | None) -> tuple[Cells, Mask]:
        """Learn, and give the cells with a mask of the rows that were learnt from."""
        names = [str(name) for name in df.columns if name != target]
        if not names:
            raise DataError("there is no column to learn from beside the target")
        columns = [column_of(name, df[name]) for name in names]
        plan = plan_of(self.config, columns)
        self._plan = plan
        self.left_out_ = tuple(column.name for column in columns if column.name not in plan.recipes)
        self.columns_ = tuple(column for column in columns if column.name in plan.recipes)
        self.schema_ = schema_of(self.columns_, target)
        self.transformer_ = build_transformer(plan, self.columns_)
        cells = self.read(df)
        kept = _complete(cells) if plan.drop else np.ones(len(df), dtype=bool)
        if not kept.any():
            message = f"handle_missing: drop leaves none of {len(df)} rows; fill values in instead"
            raise DataError(message, location="preprocessing.handle_missing")
        self.reference_ = {
            "rows": len(df),
            "columns": {column.name: profile_of(values) for column, values in self._by_column(cells)},
        }
        self.transformer_.fit(self._frame(cells, kept))
        self._rowwise = self._checked_rowwise(cells, kept)
        return cells, kept

    def _apply(self, cells: Cells) -> Matrix:
        if cells.errors:
            row, message = next(iter(cells.errors.items()))
            raise DataError(f"row {row}: {message}")
        if self._rowwise is not None:
            return self._rowwise.apply(cells.numbers, cells.texts)
        return self._by_scikit_learn(cells)

    def _by_scikit_learn(self, cells: Cells) -> Matrix:
        every = np.ones(len(cells.numbers), dtype=bool)
        return np.asarray(self._fitted().transform(self._frame(cells, every)), dtype=np.float64)

    def _checked_rowwise(self, cells: Cells, kept: Mask) -> Rowwise | None:
        """The quick way, when it gives scikit-learn's results to the bit; compared on rows that were not learnt from
        too, unless these may hold categories that are an error.
        """
        places = {text: [c.name for c in self.columns_ if c.text is text] for text in (False, True)}
        numeric, texts = ({name: place for place, name in enumerate(places[text])} for text in (False, True))
        rowwise = read_transformer(self._fitted(), numeric, texts)
        if rowwise is None:
            return None
        strict = any(column.unseen is None for column in rowwise.encoded)
        rows = np.flatnonzero(kept if strict else np.ones_like(kept))[:_COMPARED_ROWS]
        few = Cells(cells.numbers[rows], cells.texts[rows], {})
        same = np.array_equal(rowwise.apply(few.numbers, few.texts), self._by_scikit_learn(few), equal_nan=True)
        return rowwise if same else None

    def _frame(self, cells: Cells, rows: Mask) -> pd.DataFrame:
        """The rows as the transformer takes them."""
        return pd.DataFrame(
            {
                column.name: pd.Series(values[rows], dtype=object if column.text else np.float64)
                for column, values in self._by_column(cells)
            }
        )

    def _by_column(self, cells: Cells) -> list[tuple[Column, NDArray[Any]]]:
        numbers, texts = iter(cells.numbers.T), iter(cells.texts.T)
        return [(column, next(texts) if column.text else next(numbers)) for column in self.columns_]

    def _fitted(self) -> ColumnTransformer:
        if self.transformer_ is None:
            raise RuntimeError("the preprocessor has not been fitted: call prepare_data or fit first")
        return self.transformer_


def unknown_target(target: str, columns: Sequence[Any] | pd.Index[Any]) -> DataError:
    """The error for a target that is not in the table."""
    return DataError(f"there is no column {target!r} in the data; {_hint(target, columns)}", location="data.target")


def missing_column(name: str, columns: Sequence[Any] | pd.Index[Any]) -> DataError:
    """The error for a column of the model that is not in the table."""
    return DataError(f"column {name!r} is missing; {_hint(name, columns)}")


def _hint(wanted: str, columns: Sequence[Any] | pd.Index[Any]) -> str:
    """The column that may be meant, or why a table has no such columns."""
    names = [str(name) for name in columns]
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        return f"its only column is {names[0]!r}, so it may be separated by something else than commas"
    return did_you_mean(wanted, names)


def _complete(cells: Cells) -> Mask:
    texts = np.array([[cell is not None for cell in row] for row in cells.texts.tolist()], dtype=bool)
    return np.asarray(~np.isnan(cells.numbers).any(axis=1) & texts.reshape(cells.texts.shape).all(axis=1))


def _stacked(columns: list[NDArray[Any]], rows: int, dtype: Any) -> NDArray[Any]:
    out = np.empty((rows, len(columns)), dtype=dtype)
    for position, values in enumerate(columns):
        out[:, position] = values
    return out


def _note_errors(errors: dict[int, str], column: Column, series: pd.Series[Any], bad: Mask) -> None:
    expected = "true or false" if column.kind == "boolean" else "a finite number"
    for row in np.flatnonzero(bad).tolist():
        errors.setdefault(row, f"column {column.name!r} takes {expected}, got {series.iloc[row]!r}")
