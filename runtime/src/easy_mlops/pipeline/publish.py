"""A model that was trained elsewhere becomes a deployment directory: what it takes is read off a sample of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
import pandas as pd
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from easy_mlops.config.deployment import DeploymentSection
from easy_mlops.deployment.deployer import ModelDeployer
from easy_mlops.deployment.load import load_directory
from easy_mlops.pipeline.deploy import VerificationError, same
from easy_mlops.pipeline.recorder import Recorder, Reporter, ignore
from easy_mlops.preprocessing.columns import column_of, numbers_of, schema_of, texts_of
from easy_mlops.preprocessing.errors import DataError
from easy_mlops.preprocessing.preprocessor import missing_column
from easy_mlops.preprocessing.profile import profile_of_numbers, profile_of_texts
from easy_mlops.preprocessing.table import read_table

_STEPS: Final = ["create_directory", "save_model", "save_metadata"]
"""A model that was trained elsewhere brings its own preprocessing."""


@dataclass(frozen=True)
class Brought:
    """An estimator or pipeline of somebody else's, in the form in which a trainer saves one."""

    model: Any
    kind: str

    @property
    def results(self) -> dict[str, Any]:
        """What metadata records; nothing is known of its training."""
        return {
            "model_type": self.kind,
            "is_classifier": hasattr(self.model, "classes_"),
            "backend": "brought",
            "metrics": {},
        }

    def save_model(self, path: str) -> None:
        """Write the model file: a mapping whose `model` is the estimator."""
        joblib.dump({"model": self.model, **self.results}, path)


@dataclass(frozen=True)
class Described:
    """The columns of a sample, as a fitted preprocessor describes those of a training split."""

    schema_: dict[str, Any] = field(default_factory=dict)
    reference_: dict[str, Any] = field(default_factory=dict)


def publish(
    model: str | Path,
    sample: str | Path,
    output_dir: str | Path = "./models",
    *,
    report: Reporter = ignore,
    check: Callable[[Path], None] | None = None,
) -> dict[str, str]:
    """Make a deployment directory of a joblib file with a fitted estimator; the artifact map.

    `sample` is a CSV or Parquet file with rows such as the model will be asked for: names, types and distribution of
    its columns become the schema and the reference. Before the directory is published, the model that is loaded from
    it must predict the sample as before, and `check` may refuse it by raising. The file is unpickled, which runs code.

    Raises `DataError` for a file that holds no fitted model or a sample that it does not take.
    """
    recorder = Recorder(report)
    with recorder.step("load") as note:
        rows = read_table(sample)
        given = _loaded(Path(model))
        estimator, columns = _with_names(given, rows, str(model))
        others = [name for name in rows.columns if name not in columns]
        note.add(f"{len(rows)} rows of {len(columns)} columns")
        note.add(f"not taken by the model: {', '.join(others)}" if others else "")
        rows = rows[columns]
        expected = _predicted(estimator, rows, str(sample))

    def verify(directory: Path) -> None:
        if not same(load_directory(directory).model.predict(rows), expected):
            raise VerificationError("the model does not predict the sample after it was loaded again as it did before")
        if check is not None:
            check(directory)

    brought = Brought(estimator, type(given).__name__)
    deployer = ModelDeployer(DeploymentSection(output_dir=str(output_dir), steps=list(_STEPS)))
    return deployer.deploy(brought, described(rows), brought.results, tracker=recorder, verify=verify)


def described(rows: pd.DataFrame) -> Described:
    """Schema and reference of rows. Raises `DataError` for a column that no model can use."""
    columns = [column_of(str(name), rows[name]) for name in rows.columns]
    profiles = {}
    for column in columns:
        if column.text:
            profiles[column.name] = profile_of_texts(texts_of(rows[column.name]))
        else:
            profiles[column.name] = profile_of_numbers(numbers_of(rows[column.name], column.kind)[0])
    return Described(schema_of(columns, None), {"rows": len(rows), "columns": profiles})


def _loaded(path: Path) -> Any:
    if not path.is_file():
        raise DataError(f"{path} is not there" if not path.exists() else f"{path} is not a file")
    try:
        found = joblib.load(path)
    except Exception as error:  # unpickling runs foreign code, which may raise anything
        raise DataError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
    if isinstance(found, dict) and "model" in found:
        found = found["model"]
    if not hasattr(found, "predict"):
        raise DataError(f"{path} holds no model but {type(found).__name__}, which cannot predict")
    try:
        check_is_fitted(found)
    except (NotFittedError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: {str(error).splitlines()[0]}") from error
    return found


def _with_names(model: Any, rows: pd.DataFrame, shown: str) -> tuple[Any, list[str]]:
    """A model that takes named columns, and their names; those of the sample for one that was fitted on a matrix."""
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        for name in map(str, names):
            if name not in rows.columns:
                raise missing_column(name, rows.columns)
        return model, [str(name) for name in names]
    columns = list(rows.columns)
    wanted = getattr(model, "n_features_in_", len(columns))
    if wanted != len(columns):
        raise DataError(
            f"{shown} was fitted on a matrix of {wanted} columns, and the sample has {len(columns)}: "
            f"it needs exactly those, in their order"
        )
    matrix = FunctionTransformer(np.asarray).fit(rows)
    return Pipeline([("matrix", matrix), ("model", model)]), columns


def _predicted(model: Any, rows: pd.DataFrame, shown: str) -> Any:
    try:
        return model.predict(rows)
    except Exception as error:  # foreign code, which may raise anything
        raise DataError(f"the model cannot predict the rows of {shown}: {type(error).__name__}: {error}") from error
