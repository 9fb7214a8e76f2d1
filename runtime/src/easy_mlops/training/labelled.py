"""Arbitrary class labels for estimators that accept only 0, 1, 2, …"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone


class LabelledClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier with the target's labels that wraps one fitted to their positions."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, features: Any, target: Any) -> Self:
        """Fit to rows × columns and one class for each row."""
        self.classes_, positions = np.unique(target, return_inverse=True)
        self.estimator_ = clone(self.estimator).fit(features, positions)
        return self

    def predict(self, features: Any) -> Any:
        """The most likely class of each row."""
        return self.classes_[np.asarray(self.estimator_.predict(features), dtype=np.intp)]

    def predict_proba(self, features: Any) -> Any:
        """The probability of each class, rows × classes in the order of `classes_`."""
        return self.estimator_.predict_proba(features)
