"""`DataPreprocessor`: from a table of numbers, flags and texts to the matrix that a model learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer

from easy_mlops.config.check.preprocessing import check_preprocessing
from easy_mlops.config.errors import require
from easy_mlops.config.preprocessing import PreprocessingSection
from easy_mlops.monitoring.binning import profile_of
from easy_mlops.preprocessing.arrays import as_table
from easy_mlops.preprocessing.cells import Cells, InputReport, complete_rows, note_errors, stacked
from easy_mlops.preprocessing.columns import Column, Mask, column_of, numbers_of, schema_of, texts_of
from easy_mlops.preprocessing.errors import DataError, missing_column, unknown_target
from easy_mlops.preprocessing.recipe import build_transformer, plan_of
from easy_mlops.preprocessing.rowwise import Rowwise, read_transformer
from easy_mlops.preprocessing.table import Format, read_table
from easy_mlops.preprocessing.unfitted import UnfittedError

Matrix = NDArray[np.float64]
_COMPARED_ROWS: Final = 1000
"""Training rows on which the quick way is compared with scikit-learn's."""


class DataPreprocessor(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Impute, scale and encode the columns of a table; a scikit-learn transformer, fitted on the training split.

    Every row that is transformed results in exactly one output row, whatever the configuration says about missing
    values: only training leaves rows out.

    Parameters
    ----------
    config : PreprocessingSection or mapping, optional
        The `preprocessing:` section of the configuration; the default is an empty one.

    Attributes
    ----------
    section : PreprocessingSection
        The validated configuration with its defaults.
    columns_ : tuple of Column
        The columns that are needed to predict, in the order of training.
    left_out_ : tuple of str
        Text columns that are ignored because the configuration has no step that encodes them.
    transformer_ : ColumnTransformer
        The fitted scikit-learn transformer that defines the result.
    schema_ : dict
        Names, types and ranges of the columns, as in `metadata.json`.
    reference_ : dict
        The distribution of each column in the training split, as in `metadata.json`.

    Raises
    ------
    ConfigError
        If the configuration is not valid.

    Examples
    --------
    >>> import pandas as pd
    >>> from easy_mlops.preprocessing import DataPreprocessor
    >>> table = pd.DataFrame({"age": [20.0, None, 40.0], "plan": ["basic", "pro", "basic"]})
    >>> preprocessor = DataPreprocessor({"handle_missing": "mean"})
    >>> preprocessor.fit_transform(table).shape
    (3, 3)
    >>> preprocessor
    DataPreprocessor(config={'handle_missing': 'mean'})
    """

    def __init__(self, config: PreprocessingSection | Mapping[str, Any] | None = None) -> None:
        self.config = config
        require(check_preprocessing(self.section, "preprocessing"))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.categorical = tags.input_tags.string = True
        return tags

    @property
    def section(self) -> PreprocessingSection:
        """The validated configuration with its defaults."""
        return self.config if isinstance(self.config, PreprocessingSection) else PreprocessingSection.parse(self.config)

    @property
    def feature_names_in_(self) -> list[str]:
        """The columns that are needed to predict, in the order of training."""
        self._fitted()
        return [column.name for column in self.columns_]

    @property
    def n_features_in_(self) -> int:
        """The number of columns that are needed to predict."""
        return len(self.feature_names_in_)

    @property
    def feature_names_out_(self) -> list[str]:
        """The columns of the matrix."""
        return [str(name) for name in self._fitted().get_feature_names_out()]

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the matrix's columns.

        Parameters
        ----------
        input_features : array-like of str, optional
            Ignored; exists for scikit-learn's API.

        Returns
        -------
        ndarray of str, shape (n_features_out,)
        """
        return np.array(self.feature_names_out_, dtype=object)

    def load_data(self, path: str | Path, table_format: Format | None = None) -> pd.DataFrame:
        """Read a CSV or Parquet file; a fitted preprocessor reads its text columns as text.

        Parameters
        ----------
        path : str or path
            The file.
        table_format : {"csv", "parquet"}, optional
            The file's format; the default depends on the file name extension.

        Returns
        -------
        DataFrame

        Raises
        ------
        TableError
            If the file cannot be read as a table.
        """
        texts = [column.name for column in getattr(self, "columns_", ()) if column.text]
        return read_table(path, table_format, text_columns=texts)

    def prepare_data(
        self, df: pd.DataFrame, target_column: str | None = None, fit: bool = True
    ) -> tuple[Matrix, NDArray[Any] | None]:
        """Split a table into the matrix and the target.

        Parameters
        ----------
        df : DataFrame, shape (n_rows, n_columns)
            The table.
        target_column : str, optional
            The column to predict.
        fit : bool, default True
            Fit on the table first. Rows without a target, or with a missing value if the strategy is `drop`, are then
            left out of both results. Otherwise every row is transformed.

        Returns
        -------
        features : ndarray of float, shape (n_rows, n_features_out)
        target : ndarray, shape (n_rows,), or None without a target column

        Raises
        ------
        DataError
            If a column is missing or has a value of the wrong type.
        """
        if target_column is not None and target_column not in df.columns:
            raise unknown_target(target_column, df.columns)
        if not fit:
            return self.transform(df), None if target_column is None else df[target_column].to_numpy()
        if target_column is not None:
            df = df[df[target_column].notna()]
        cells, used = self._fit(df, target_column)
        matrix = self._apply(Cells(cells.numbers[used], cells.texts[used], {}))
        return matrix, None if target_column is None else df[target_column].to_numpy()[used]

    def fit(self, df: pd.DataFrame, y: Any = None) -> Self:
        """Fit on a table without a target.

        Parameters
        ----------
        df : DataFrame, shape (n_rows, n_columns)
            The table.
        y : object, optional
            Ignored; exists for scikit-learn's pipelines.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If the table cannot be used.
        """
        self._fit(df, None)
        return self

    def fit_transform(self, df: pd.DataFrame, y: Any = None) -> Matrix:
        """Fit on a table and transform all its rows.

        Parameters
        ----------
        df : DataFrame, shape (n_rows, n_columns)
            The table.
        y : object, optional
            Ignored; exists for scikit-learn's pipelines.

        Returns
        -------
        ndarray of float, shape (n_rows, n_features_out)

        Raises
        ------
        DataError
            If the table cannot be used.
        """
        cells, _ = self._fit(df, None)
        return self._apply(cells)

    def transform(self, df: pd.DataFrame) -> Matrix:
        """Transform every row of a table; columns that the model does not need are ignored.

        Parameters
        ----------
        df : DataFrame, shape (n_rows, n_columns)
            The table.

        Returns
        -------
        ndarray of float, shape (n_rows, n_features_out)

        Raises
        ------
        DataError
            If a column is missing or has a value of the wrong type.
        """
        return self._apply(self.read(df))

    def transform_rows(self, rows: Sequence[Sequence[Any]]) -> Matrix:
        """Transform rows given as their cells, which is the quickest way for a few of them.

        Parameters
        ----------
        rows : sequence of sequences
            Numbers, booleans or texts in the order of `feature_names_in_`, None for a missing value.

        Returns
        -------
        ndarray of float, shape (n_rows, n_features_out)
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
        """Count what a model never saw: missing values, unknown categories, values of the wrong kind.

        Parameters
        ----------
        df : DataFrame, shape (n_rows, n_columns)
            The table.

        Returns
        -------
        InputReport
        """
        self._fitted()
        cells = self.read(df)
        missing: dict[str, int] = {}
        unseen: dict[str, int] = {}
        errors = dict(cells.errors)
        known = {part.name: part for part in self._rowwise.encoded} if self._rowwise else {}
        for column, values in self._by_column(cells):
            empty = [row for row, value in enumerate(values.tolist()) if value is None or value != value]
            if empty := [row for row in empty if row not in cells.errors]:
                missing[column.name] = len(empty)
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
        """The cells of a table.

        Parameters
        ----------
        df : DataFrame, shape (n_rows, n_columns)
            The table.

        Returns
        -------
        Cells

        Raises
        ------
        DataError
            If a column is missing.
        """
        self._fitted()
        if not isinstance(df, pd.DataFrame):
            df = as_table(df)
            if (count := len(df.columns)) != self.n_features_in_:
                message = f"X has {count} features, but DataPreprocessor is expecting {self.n_features_in_} features"
                raise DataError(f"{message} as input")
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
            note_errors(errors, column, series, bad)
        return Cells(stacked(numbers, len(df), np.float64), stacked(texts, len(df), object), errors)

    def _fit(self, df: pd.DataFrame, target: str | None) -> tuple[Cells, Mask]:
        """Learn, and give the cells with a mask of the rows that were learnt from."""
        df = as_table(df)
        names = [str(name) for name in df.columns if name != target]
        if not names:
            raise DataError("there is no column to learn from beside the target")
        columns = [column_of(name, df[name]) for name in names]
        plan = plan_of(self.section, columns)
        self.left_out_ = tuple(column.name for column in columns if column.name not in plan.recipes)
        self.columns_ = tuple(column for column in columns if column.name in plan.recipes)
        self.schema_: dict[str, Any] = schema_of(self.columns_, target)
        self.transformer_ = build_transformer(plan, self.columns_)
        cells = self.read(df)
        used = complete_rows(cells) if plan.drop else np.ones(len(df), dtype=bool)
        if not used.any():
            message = f"handle_missing: drop leaves none of {len(df)} rows; fill values in instead"
            raise DataError(message, location="preprocessing.handle_missing")
        self.reference_: dict[str, Any] = {
            "rows": len(df),
            "columns": {column.name: profile_of(values) for column, values in self._by_column(cells)},
        }
        self.transformer_.fit(self._frame(cells, used))
        self._rowwise = self._checked_rowwise(cells, used)
        return cells, used

    def _apply(self, cells: Cells) -> Matrix:
        if cells.errors:
            row, message = next(iter(cells.errors.items()))
            raise DataError(f"row {row}: {message}")
        if self._rowwise is not None:
            return self._rowwise.apply(cells.numbers, cells.texts)
        return self._by_scikit_learn(cells)

    def _by_scikit_learn(self, cells: Cells) -> Matrix:
        rows = self._frame(cells, np.ones(len(cells.numbers), dtype=bool))
        return np.asarray(self._fitted().transform(rows), dtype=np.float64)

    def _checked_rowwise(self, cells: Cells, used: Mask) -> Rowwise | None:
        """The quick way, when it gives scikit-learn's results to the bit; compared on rows that were not learnt from
        too, unless these may hold categories that are an error.
        """
        places = {text: [c.name for c in self.columns_ if c.text is text] for text in (False, True)}
        numeric, texts = ({name: place for place, name in enumerate(places[text])} for text in (False, True))
        rowwise = read_transformer(self._fitted(), numeric, texts)
        if rowwise is None:
            return None
        strict = any(column.unseen is None for column in rowwise.encoded)
        rows = np.flatnonzero(used if strict else np.ones_like(used))[:_COMPARED_ROWS]
        few = Cells(cells.numbers[rows], cells.texts[rows], {})
        same = np.array_equal(rowwise.apply(few.numbers, few.texts), self._by_scikit_learn(few), equal_nan=True)
        return rowwise if same else None

    def _frame(self, cells: Cells, rows: Mask) -> pd.DataFrame:
        """The rows as the transformer takes them."""
        types = {True: object, False: np.float64}
        parts = {each.name: pd.Series(of[rows], dtype=types[each.text]) for each, of in self._by_column(cells)}
        return pd.DataFrame(parts)

    def _by_column(self, cells: Cells) -> list[tuple[Column, NDArray[Any]]]:
        values = {False: iter(cells.numbers.T), True: iter(cells.texts.T)}
        return [(column, next(values[column.text])) for column in self.columns_]

    def _fitted(self) -> ColumnTransformer:
        transformer: ColumnTransformer | None = getattr(self, "transformer_", None)
        if transformer is None:
            raise UnfittedError("the preprocessor has not been fitted: call prepare_data or fit first")
        return transformer
