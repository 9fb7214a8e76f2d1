"""What a model says to the rows of a table: an answer, or a reason why there is none, for each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from easy_mlops.deployment.load import LoadedDeployment
from easy_mlops.deployment.metadata import plain
from easy_mlops.preprocessing import InputReport
from easy_mlops.preprocessing.errors import missing_column


@dataclass(frozen=True)
class Scored:
    """One of `predictions` for each row, None for a row in `errors`, which tells by row number from 0 why."""

    predictions: list[Any]
    errors: Mapping[int, str]
    model_type: str
    version: str

    def summary(self) -> dict[str, Any]:
        """How many rows there were, and by which model they were scored; `first` is the first error, or None."""
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


def answers_of(loaded: LoadedDeployment, frame: pd.DataFrame) -> tuple[list[Any], InputReport]:
    """A prediction for each row, None for one in the report's `errors`. Raises `DataError` for a missing column.

    A model without a preprocessor is given the columns of the metadata's schema, or the whole table without one.
    """
    model, preprocessor = loaded.model, loaded.preprocessor
    if preprocessor is None:
        names = [str(column["name"]) for column in (loaded.metadata.get("schema") or {}).get("columns") or ()]
        for name in names:
            if name not in frame.columns:
                raise missing_column(name, frame.columns)
        table = frame[names] if names else frame
        report, predict = InputReport(len(frame), {}, {}, {}), model.predict
    else:
        report, table = preprocessor.inspect(frame), frame
        predict = lambda rows: model.predict(preprocessor.transform(rows))  # noqa: E731
    answers: list[Any] = [None] * len(frame)
    errors = dict(report.errors)
    _score([row for row in range(len(frame)) if row not in errors], table, predict, answers, errors)
    return answers, replace(report, errors=errors)


def _score(
    rows: Sequence[int],
    table: pd.DataFrame,
    predict: Callable[[pd.DataFrame], Any],
    answers: list[Any],
    errors: dict[int, str],
) -> None:
    """Fill in the answers; a batch that a model refuses is halved until what it refuses is a row."""
    if not rows:
        return
    try:
        values = plain(np.asarray(predict(table.iloc[list(rows)])))
    except Exception as error:  # the model is foreign code, which may raise anything
        if len(rows) == 1:
            errors[rows[0]] = (str(error) or type(error).__name__).splitlines()[0]
            return
        middle = len(rows) // 2
        _score(rows[:middle], table, predict, answers, errors)
        _score(rows[middle:], table, predict, answers, errors)
        return
    for row, value in zip(rows, values, strict=True):
        answers[row] = value
