"""A model that was trained elsewhere: read from its file, and described by rows of the table that it takes.

Loading a pickle runs code. So the file is opened once, its SHA-256 compared with the expected one first, and it is
unpickled through the very handle whose content was hashed.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from easy_mlops.deployment.errors import IntegrityError
from easy_mlops.deployment.sums import hash_stream
from easy_mlops.inference.schema import Row, Schema
from easy_mlops.monitoring.binning import profile_of
from easy_mlops.preprocessing.columns import column_of, numbers_of, schema_of, texts_of
from easy_mlops.preprocessing.errors import DataError, missing_column


class ModelFileError(DataError):
    """A file holds no fitted model, or not the one that was meant."""


@dataclass(frozen=True)
class ForeignModel:
    """A fitted estimator or pipeline, its name, and the SHA-256 of the file that it was read from."""

    model: Any
    model_type: str
    is_classifier: bool
    sha256: str

    def save_model(self, path: str | Path) -> None:
        """Write the model file of a deployment."""
        described = {"model_type": self.model_type, "is_classifier": self.is_classifier, "metrics": {}}
        joblib.dump({"model": self.model, **described, "backend": "sklearn"}, path)


@dataclass(frozen=True)
class Sample:
    """Rows with the columns that a model takes, alone and in its order; `schema_` and `reference_` describe them."""

    frame: pd.DataFrame
    schema_: dict[str, Any]
    reference_: dict[str, Any]

    def rows(self) -> list[Row]:
        """The rows as a request would have them."""
        columns = []
        for column in Schema.from_metadata(self.schema_).columns:
            series = self.frame[column.name]
            values = texts_of(series) if column.type == "text" else series.to_numpy(dtype=object)
            number: type = bool if column.type == "boolean" else float
            cells = zip(values.tolist(), series.isna().tolist(), strict=True)
            columns.append([None if gone else v if isinstance(v, str) else number(v) for v, gone in cells])
        return list(zip(*columns, strict=True))


def read_model(path: str | Path, *, sha256: str | None = None, allow_version_mismatch: bool = False) -> ForeignModel:
    """The model in a joblib or pickle file; `sha256` is what the file must hash to before anything in it runs.

    Raises `ModelFileError`, `OSError`; `IntegrityError` for another digest (`DigestMismatch`) and, unless that is
    allowed, for a file that another minor version of scikit-learn has written (`VersionMismatch`).
    """
    with Path(path).open("rb") as stream:
        digest = hash_stream(stream)
        if sha256 is not None and digest != sha256.lower():
            raise IntegrityError("DigestMismatch", f"{path} has the SHA-256 {digest}, expected is {sha256}")
        stream.seek(0)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                content = joblib.load(stream)
            except ModuleNotFoundError as error:
                message = f"{path} needs the module {error.name!r}; --plugin {error.name} brings one of your own"
                raise ModelFileError(message) from error
            except Exception as error:  # unpickling runs foreign code, which may raise anything
                reason = f"{type(error).__name__}: {error}".splitlines()[0]
                raise ModelFileError(f"{path} is not a model that joblib or pickle wrote: {reason}") from error
    if not allow_version_mismatch:
        _check_version(path, caught)
    model = content["model"] if isinstance(content, Mapping) and "model" in content else content
    if not hasattr(model, "predict"):
        raise ModelFileError(f"{path} holds a {type(model).__name__}, which has no predict: it is no model")
    try:
        check_is_fitted(model)
    except NotFittedError as error:
        raise ModelFileError(f"{path}: the model has not been fitted") from error
    except TypeError:  # not of scikit-learn's kind; scoring the sample will tell
        pass
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    return ForeignModel(model, type(last).__name__, bool(is_classifier(model)), digest)


def with_names(model: Any, table: pd.DataFrame) -> tuple[Any, list[str]]:
    """A model that takes a table, and the names of its columns. Raises `DataError` when the table is another one.

    A model that was fitted to a table takes the columns of those names; one that was fitted to a matrix is given all of
    the table's, in their order, as a matrix; any other the whole table.
    """
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        for name in map(str, names):
            if name not in table.columns:
                raise missing_column(name, table.columns)
        return model, [str(name) for name in names]
    columns = [str(name) for name in table.columns]
    count = getattr(model, "n_features_in_", None)
    if count is None:
        return model, columns
    if count != len(columns):
        message = f"the model was fitted to a matrix of {count} columns, the sample has {len(columns)}"
        raise DataError(f"{message}; it must have those of the matrix, in their order")
    return Pipeline([("matrix", FunctionTransformer(np.asarray).fit(table)), ("model", model)]), columns


def sample_of(table: pd.DataFrame) -> Sample:
    """Rows and what they say of their columns. Raises `DataError` for a column that no model can use."""
    columns = [column_of(str(name), table[name]) for name in table.columns]
    profiles = {
        column.name: profile_of(
            texts_of(table[column.name]) if column.text else numbers_of(table[column.name], column.kind)[0]
        )
        for column in columns
    }
    return Sample(table, schema_of(columns, None), {"rows": len(table), "columns": profiles})


def _check_version(path: str | Path, caught: Sequence[warnings.WarningMessage]) -> None:
    for item in caught:
        if isinstance(found := item.message, InconsistentVersionWarning):
            theirs, ours = found.original_sklearn_version, found.current_sklearn_version
            if theirs.split(".")[:2] != ours.split(".")[:2]:
                message = f"{path} was written by scikit-learn {theirs}, here is {ours}: their pickles differ"
                raise IntegrityError("VersionMismatch", f"{message}; --allow-version-mismatch loads it anyway")
