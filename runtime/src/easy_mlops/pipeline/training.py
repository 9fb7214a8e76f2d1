"""load ▸ validate ▸ split ▸ preprocess ▸ train ▸ evaluate: from a table to a measured model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from easy_mlops.config.full import Config
from easy_mlops.pipeline.tracker import StepTracker
from easy_mlops.pipeline.validation import check_split, shortened, validate
from easy_mlops.preprocessing import DataError, DataPreprocessor
from easy_mlops.training.trainer import ModelTrainer


@dataclass(frozen=True)
class Trained:
    """A measured model. `sample` is one held-out row, as it came, and `expected` what the model says to it."""

    trainer: ModelTrainer
    preprocessor: DataPreprocessor
    results: dict[str, Any]
    sample: pd.DataFrame
    expected: Any


def train(config: Config, target: str | None, load: Callable[[], pd.DataFrame], tracker: StepTracker) -> Trained:
    """Train on the table that `load` gives, and measure on rows that nothing was fitted on.

    Raises what a step raises, after the tracker has noted it; `DataError` and `ConfigError` for a user's mistake.
    """
    trainer = ModelTrainer(config.training)
    preprocessor = DataPreprocessor(config.preprocessing)
    with tracker.step("load") as note:
        frame = load()
        note.add(f"{len(frame)} rows, {len(frame.columns)} columns")
    with tracker.step("validate") as note:
        data = validate(frame, target, trainer)
        for remark in data.remarks:
            note.add(remark)
    with tracker.step("split") as note:
        try:
            chosen, held_out = trainer.split(data.target)
        except ValueError as error:
            raise DataError(str(error), location="training.test_size") from error
        check_split(data.target.iloc[chosen], data.target.iloc[held_out])
        note.add(f"{len(chosen)} rows to train on, {len(held_out)} held out")
    with tracker.step("preprocess") as note:
        name = str(data.target.name)
        rows = data.features.iloc[chosen].assign(**{name: data.target.iloc[chosen]})
        features, learnt = preprocessor.prepare_data(rows, target_column=name, fit=True)
        target_values = pd.Series(learnt, name=name)
        check_split(target_values, data.target.iloc[held_out])
        test_frame, test_target = data.features.iloc[held_out], data.target.iloc[held_out]
        test_features = preprocessor.transform(test_frame)
        note.add(f"{len(preprocessor.feature_names_in_)} columns become {features.shape[1]}")
        if dropped := len(chosen) - len(target_values):
            note.add(f"{dropped} rows with missing values left out")
        if preprocessor.left_out_:
            note.add(f"not encoded, left out: {shortened(preprocessor.left_out_)}")
    with tracker.step("train") as note:
        try:
            trainer.fit(features, target_values)
            figures = trainer.cross_validate(features, target_values)
        except (ValueError, TypeError) as error:  # how scikit-learn refuses a parameter's value, or the data
            raise _refused(error, trainer) from error
        note.add(trainer.model_type)
        if figures:
            note.add(f"cross-validation {figures['cv_mean']:.4f} ± {figures['cv_std']:.4f}")
        for remark in trainer.notes:
            note.add(remark)
    with tracker.step("evaluate") as note:
        held_out_figures = trainer.evaluate(test_features, test_target)
        trainer.metrics = {**{k: v for k, v in held_out_figures.items() if k not in figures}, **figures}
        leading = next(iter(trainer.metrics.items()), None)
        note.add(f"{leading[0]} {leading[1]:.4f} on {len(test_target)} held-out rows" if leading else "")
    results = {
        **trainer.results(n_train=len(target_values), n_test=len(test_target)),
        "target_column": name,
        "notes": list(trainer.notes),
    }
    return Trained(trainer, preprocessor, results, test_frame.head(1), trainer.predict(test_features[:1])[0])


def _refused(error: Exception, trainer: ModelTrainer) -> DataError:
    """An estimator's refusal, in its own words without their line breaks."""
    reason = " ".join(str(error).split())[:500]
    key = "hyperparameters" if trainer.config.hyperparameters else "model_type"
    return DataError(f"{trainer.model_type} cannot be trained: {reason}", location=f"training.{key}")
