"""Metrics of a fitted model on rows that it has not seen. An undefined metric is omitted, never NaN.

Definitions are scikit-learn's (`sklearn.metrics`); precision, recall and f1_score are weighted by class support.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn import metrics as sk
from sklearn.exceptions import UndefinedMetricWarning


def classification_metrics(model: Any, features: Any, target: Any) -> dict[str, float]:
    """accuracy, f1_score, precision, recall; roc_auc and log_loss if the model has probabilities.

    None of them if all rows have the same class: they would say nothing about telling the classes apart.
    """
    if has_one_class(target):
        return {}
    predicted = model.predict(features)
    figures: dict[str, Callable[[], float]] = {
        "accuracy": lambda: sk.accuracy_score(target, predicted),
        "f1_score": lambda: sk.f1_score(target, predicted, average="weighted", zero_division=0),
        "precision": lambda: sk.precision_score(target, predicted, average="weighted", zero_division=0),
        "recall": lambda: sk.recall_score(target, predicted, average="weighted", zero_division=0),
    }
    if hasattr(model, "predict_proba"):
        shares = model.predict_proba(features)
        labels = list(model.classes_)
        figures["roc_auc"] = lambda: _roc_auc(target, shares, labels)
        figures["log_loss"] = lambda: sk.log_loss(target, shares, labels=labels)
    return _defined(figures)


def has_one_class(target: Any) -> bool:
    """Whether all rows have the same class."""
    return len(np.unique(np.asarray(target))) < 2


def regression_metrics(model: Any, features: Any, target: Any) -> dict[str, float]:
    """mse, rmse, mae in the target's unit (mse: squared), and r2_score for two or more rows."""
    predicted = model.predict(features)
    return _defined(
        {
            "mse": lambda: sk.mean_squared_error(target, predicted),
            "rmse": lambda: math.sqrt(sk.mean_squared_error(target, predicted)),
            "mae": lambda: sk.mean_absolute_error(target, predicted),
            "r2_score": lambda: sk.r2_score(target, predicted),
        }
    )


def _roc_auc(target: Any, shares: np.ndarray, labels: list[Any]) -> float:
    if len(np.unique(np.asarray(target))) < len(labels):
        raise ValueError("roc_auc needs every class among the held-out rows")
    if len(labels) == 2:
        return float(sk.roc_auc_score(target, shares[:, 1]))
    return float(sk.roc_auc_score(target, shares, multi_class="ovr", average="weighted", labels=labels))


def _defined(figures: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    defined = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=UndefinedMetricWarning)
        for name, figure in figures.items():
            try:
                value = float(figure())
            except ValueError:
                continue
            if math.isfinite(value):
                defined[name] = value
    return defined
