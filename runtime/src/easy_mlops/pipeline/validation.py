"""Checks that a model can be trained on a table; each error names the column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from easy_mlops.config.errors import ConfigError, Problem
from easy_mlops.preprocessing import DataError
from easy_mlops.preprocessing.columns import column_of, kind_of, numbers_of, texts_of
from easy_mlops.preprocessing.errors import unknown_target
from easy_mlops.training.estimators import make_estimator
from easy_mlops.training.targets import MAX_CLASSES
from easy_mlops.training.trainer import ModelTrainer

MIN_ROWS: Final = 10
"""With fewer rows neither a model nor its metrics are meaningful."""
TARGET: Final = "data.target"


@dataclass(frozen=True)
class TrainingTable:
    """A validated table: its features, its target, and remarks for the user."""

    features: pd.DataFrame
    target: pd.Series[Any]
    remarks: tuple[str, ...]


def validate(frame: pd.DataFrame, target: str | None, trainer: ModelTrainer) -> TrainingTable:
    """Check a table against the trainer's configuration. Without `target` the last column is the target.

    Rows without a target value are dropped, with a remark. Raises `DataError` and `ConfigError`.
    """
    remarks: list[str] = []
    if target is None:
        target = str(frame.columns[-1])
        remarks.append(f"target is the last column, {target!r}")
    if target not in frame.columns:
        raise unknown_target(target, frame.columns)
    if len(frame.columns) < 2:
        raise DataError(f"there are no columns besides the target {target!r}", location=TARGET)
    present = frame[target].notna()
    if not present.all():
        remarks.append(f"{int((~present).sum())} of {len(frame)} rows have no {target!r} and are dropped")
        frame = frame[present]
    if len(frame) < MIN_ROWS:
        raise DataError(
            f"{_rows(len(frame))} are too few to train and evaluate a model; at least {MIN_ROWS} are needed"
        )
    for name in frame.columns:
        if name != target:
            column_of(str(name), frame[name])
    values = target_values(frame[target])
    _check_target(values, trainer)
    make_estimator(trainer.config, trainer.problem(values))  # raises for parameters that the estimator does not have
    return TrainingTable(frame.drop(columns=target), values, tuple(remarks))


def target_values(column: pd.Series[Any]) -> pd.Series[Any]:
    """The target as scikit-learn takes it: strings, booleans, integers as int64, other numbers as float64.

    Raises `DataError` for anything else, and for infinite numbers.
    """
    name = str(column.name)
    try:
        kind = kind_of(name, column)
    except DataError as error:
        raise DataError(str(error), location=TARGET) from error
    if kind == "text":
        return pd.Series(texts_of(column), index=column.index, name=name, dtype=object)
    numbers, bad = numbers_of(column, kind)
    if bad.any():
        raise DataError(f"the target {name!r} has infinite values", location=TARGET)
    if kind == "boolean":
        return pd.Series(numbers == 1, index=column.index, name=name, dtype=bool)
    whole = bool(np.all(numbers == np.floor(numbers)) and np.all(np.abs(numbers) < 2**53))
    return pd.Series(numbers.astype(np.int64) if whole else numbers, index=column.index, name=name)


def check_split(target: pd.Series[Any], held_out: pd.Series[Any]) -> None:
    """Check that the training split has at least two target values. Raises `DataError`."""
    if target.nunique() < 2:
        message = f"the target {str(target.name)!r} is {_shown(target.iloc[0])} in all rows of the training split"
        others = int((held_out != target.iloc[0]).sum())
        rows = "row differs" if others == 1 else "rows differ"
        raise DataError(f"{message}; only {others} held-out {rows}", location=TARGET)


def _check_target(target: pd.Series[Any], trainer: ModelTrainer) -> None:
    name, distinct = str(target.name), target.nunique()
    if distinct < 2:
        message = f"the target {name!r} is {_shown(target.iloc[0])} in all {_rows(len(target))}"
        raise DataError(f"{message}: there is nothing to learn", location=TARGET)
    if trainer.problem(target) != "classification":
        return
    if target.dtype.kind == "f":
        message = f"{trainer.config.model_type} predicts classes, but the target {name!r} has numbers with decimals"
        raise ConfigError([Problem("training.model_type", "ConflictingKeys", message)])
    if distinct > max(MAX_CLASSES, len(target) // 2):
        message = f"the target {name!r} has {distinct} different values in {_rows(len(target))}, too many for classes"
        raise DataError(message, location=TARGET)


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"


def _shown(value: Any) -> str:
    return repr(value.item() if isinstance(value, np.generic) else value)


def shortened(names: Sequence[str], limit: int = 5) -> str:
    """The first names of a list, and the number of the others."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
