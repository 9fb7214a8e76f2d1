"""The predictions of a model for the rows of a table, or for each row the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from easy_mlops.deployment.load import LoadedDeployment
from easy_mlops.inference.engine import Engine, Outputs
from easy_mlops.inference.loading import recorded_schema
from easy_mlops.inference.rows import Rows
from easy_mlops.inference.schema import Row
from easy_mlops.inference.search import predict_around_failures, row_error
from easy_mlops.inference.sklearn_engine import SklearnEngine
from easy_mlops.inference.table import read_rows, schema_of_table
from easy_mlops.pipeline.importing.model_file import with_names
from easy_mlops.preprocessing import DataError, InputReport

BATCH_ROWS: Final = 1024
"""Rows in one call of the model, as many as the server takes at once."""


@dataclass(frozen=True)
class Scored:
    """Predictions for the rows of a file.

    Attributes
    ----------
    predictions : list
        One per row, None for a row that cannot be scored.
    errors : mapping of int to str
        The reason by row number, from 0.
    model_type, version : str
        The model.
    """

    predictions: list[Any]
    errors: Mapping[int, str]
    model_type: str
    version: str

    def __repr__(self) -> str:
        rows, model = len(self.predictions), f"{self.model_type} {self.version}".strip()
        return f"<Scored: {rows - len(self.errors)} of {rows} rows by {model}>"

    def summary(self) -> dict[str, Any]:
        """The number of rows, and the model that scored them; `first` is the first error, or None."""
        first = next((f"row {row}: {reason}" for row, reason in sorted(self.errors.items())), None)
        rows, unscored = len(self.predictions), len(self.errors)
        return {
            "rows": rows,
            "scored": rows - unscored,
            "unscored": unscored,
            "first": first,
            "model": self.model_type,
            "version": self.version,
        }


def predictions_for(
    loaded: LoadedDeployment, frame: pd.DataFrame, texts: pd.DataFrame | None = None
) -> tuple[list[Any], InputReport]:
    """Score the rows of a table with the engine and the rules of the server.

    Parameters
    ----------
    loaded
        The model. Without a schema in its metadata, the columns of `frame` are those of the model.
    frame
        The table, with the types of its file.
    texts
        The same table with every value as a text, if the file is a CSV.

    Returns
    -------
    list, InputReport
        A prediction for each row, None for those in the report's `errors`.

    Raises
    ------
    DataError
        For a missing column, and for a model that cannot be used with the table.
    """
    model, schema = loaded.model, recorded_schema(loaded)
    if schema is None:
        model, names = with_names(model, frame)
        schema = schema_of_table(frame[names])
    try:
        engine = SklearnEngine(model, loaded.preprocessor, schema)
    except ValueError as error:
        raise DataError(f"{loaded.directory}: {error}") from error
    rows = read_rows(frame if texts is None else texts, schema, texts_only=texts is not None)
    with ThreadpoolController().limit(limits=1):  # the engine's own limit lasts as long as the thread
        outputs = _score(engine, rows.cells)
    predictions: list[Any] = [None] * rows.total
    for place, number in enumerate(rows.numbers):
        predictions[number] = outputs.predictions[place]
    errors = {row: error.message for row, error in rows.errors.items()}
    errors |= {rows.numbers[place]: error.message for place, error in outputs.errors.items()}
    return predictions, _report(loaded, frame, rows, errors)


def _score(engine: Engine, rows: Sequence[Row]) -> Outputs:
    scored = Outputs([])
    for start in range(0, len(rows), BATCH_ROWS):
        part = predict_around_failures(
            engine.predict,
            rows[start : start + BATCH_ROWS],
            probabilistic=engine.probabilistic,
            explain=lambda _, error: row_error(error),
        )
        scored.predictions += part.predictions
        scored.errors |= {start + offset: error for offset, error in part.errors.items()}
    return scored


def _report(loaded: LoadedDeployment, frame: pd.DataFrame, rows: Rows, errors: Mapping[int, str]) -> InputReport:
    """Missing values and categories that training did not see, by column, and the errors in order."""
    if loaded.preprocessor is None:
        return InputReport(rows.total, {}, {}, dict(sorted(errors.items())))
    absent = [name for name in loaded.preprocessor.feature_names_in_ if name not in frame.columns]
    noticed: InputReport = loaded.preprocessor.inspect(frame.assign(**dict.fromkeys(absent, np.nan)))
    return replace(noticed, errors=dict(sorted(errors.items())))
