"""load ▸ validate ▸ split ▸ preprocess ▸ train ▸ evaluate: from a table to a model and its metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from easy_mlops.config.full import Config
from easy_mlops.pipeline.tracker import Note, StepTracker
from easy_mlops.pipeline.validation import TrainingTable, check_split, shortened, validate
from easy_mlops.preprocessing import DataError, DataPreprocessor
from easy_mlops.training.trainer import ModelTrainer


@dataclass(frozen=True)
class Trained:
    """A model and its metrics. `sample` is one held-out row, as read, and `expected` the model's prediction for it."""

    trainer: ModelTrainer
    preprocessor: DataPreprocessor
    results: dict[str, Any]
    sample: pd.DataFrame
    expected: Any


@dataclass(frozen=True)
class _Part:
    """Rows: the features, a table or once preprocessed an array of shape (rows, columns), and the target of each."""

    features: Any
    target: pd.Series[Any]


def train(config: Config, target: str | None, load: Callable[[], pd.DataFrame], tracker: StepTracker) -> Trained:
    """Train on the table that `load` returns, and measure on held-out rows, which nothing is fitted on.

    Raises what a step raises, after the tracker has recorded it; `DataError` and `ConfigError` for a user's mistake.
    """
    trainer = ModelTrainer(config.training)
    preprocessor = DataPreprocessor(config.preprocessing)
    with tracker.step("load") as note:
        frame = load()
        note.add(f"{len(frame)} rows, {len(frame.columns)} columns")
    with tracker.step("validate") as note:
        table = validate(frame, target, trainer)
        for remark in table.remarks:
            note.add(remark)
    with tracker.step("split") as note:
        rows, held_out = _split(table, trainer)
        note.add(f"{len(rows.target)} rows to train on, {len(held_out.target)} held out")
    with tracker.step("preprocess") as note:
        training = _fit_preprocessor(preprocessor, rows, note)
        check_split(training.target, held_out.target)
        test = _Part(preprocessor.transform(held_out.features), held_out.target)
    with tracker.step("train") as note:
        validated = _fit_model(trainer, training, note)
    with tracker.step("evaluate") as note:
        before = len(trainer.notes)
        measured = trainer.evaluate(test.features, test.target)
        trainer.metrics = {**{k: v for k, v in measured.items() if k not in validated}, **validated}
        leading = next(iter(trainer.metrics.items()), None)
        note.add(f"{leading[0]} {leading[1]:.4f} on {len(test.target)} held-out rows" if leading else "")
        for remark in trainer.notes[before:]:
            note.add(remark)
    results = {
        **trainer.results(n_train=len(training.target), n_test=len(test.target)),
        "target_column": str(table.target.name),
        "notes": list(trainer.notes),
    }
    expected = trainer.predict(test.features[:1])[0]
    return Trained(trainer, preprocessor, results, held_out.features.head(1), expected)


def _split(table: TrainingTable, trainer: ModelTrainer) -> tuple[_Part, _Part]:
    """The rows to train on and those held out. Raises `DataError`."""
    try:
        chosen, held_out = trainer.split(table.target)
    except ValueError as error:
        raise DataError(str(error), location="training.test_size") from error
    parts = [_Part(table.features.iloc[places], table.target.iloc[places]) for places in (chosen, held_out)]
    check_split(parts[0].target, parts[1].target)
    return parts[0], parts[1]


def _fit_preprocessor(preprocessor: DataPreprocessor, rows: _Part, note: Note) -> _Part:
    """The rows as the model takes them: encoded and scaled, without those that the preprocessor drops."""
    name = str(rows.target.name)
    features, values = preprocessor.prepare_data(
        rows.features.assign(**{name: rows.target}), target_column=name, fit=True
    )
    target = pd.Series(values, name=name)
    note.add(f"{len(preprocessor.feature_names_in_)} columns become {features.shape[1]} features")
    if dropped := len(rows.target) - len(target):
        note.add(f"{dropped} rows with missing values dropped")
    if preprocessor.left_out_:
        note.add(f"not encoded, omitted: {shortened(preprocessor.left_out_)}")
    return _Part(features, target)


def _fit_model(trainer: ModelTrainer, training: _Part, note: Note) -> dict[str, float]:
    """Fit the model; the metrics of cross-validation, empty without it. Raises `DataError`."""
    try:
        trainer.fit(training.features, training.target)
        validated = trainer.cross_validate(training.features, training.target)
    except (ValueError, TypeError) as error:  # scikit-learn rejects a parameter or the data
        raise _refused(error, trainer) from error
    note.add(trainer.model_type)
    if validated:
        note.add(f"cross-validation {validated['cv_mean']:.4f} ± {validated['cv_std']:.4f}")
    for remark in trainer.notes:
        note.add(remark)
    return validated


def _refused(error: Exception, trainer: ModelTrainer) -> DataError:
    """The error of an estimator as one line."""
    reason = " ".join(str(error).split())[:500]
    key = "hyperparameters" if trainer.config.hyperparameters else "model_type"
    return DataError(f"{trainer.model_type} cannot be trained: {reason}", location=f"training.{key}")
