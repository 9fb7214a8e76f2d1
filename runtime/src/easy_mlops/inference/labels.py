"""Labels from probabilities, for classifiers of scikit-learn whose `predict` gives the most probable class.

Calling `predict` beside `predict_proba` evaluates a model twice. For many classifiers the second call is redundant, and
which ones these are is a property of their source code, not of their interface: `SVC` and classifiers with a tuned
threshold give labels that differ from the most probable class. Hence the lists below, which
`tests/unit/inference/test_labels.py` verifies over all classifiers of scikit-learn. They hold exact types; a subclass
may override `predict`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

ARGMAX: Final = frozenset(
    {
        "BaggingClassifier",
        "CalibratedClassifierCV",
        "DecisionTreeClassifier",
        "ExtraTreeClassifier",
        "ExtraTreesClassifier",
        "LabelPropagation",
        "LabelSpreading",
        "RandomForestClassifier",
        "VotingClassifier",
    }
)
"""`predict` is the argmax of `predict_proba`; of equal probabilities the first class is taken."""

MONOTONE: Final = frozenset(
    {
        "AdaBoostClassifier",
        "BernoulliNB",
        "CategoricalNB",
        "ComplementNB",
        "GaussianNB",
        "GradientBoostingClassifier",
        "HistGradientBoostingClassifier",
        "LinearDiscriminantAnalysis",
        "LogisticRegression",
        "LogisticRegressionCV",
        "MultinomialNB",
        "QuadraticDiscriminantAnalysis",
        "SGDClassifier",
    }
)
"""`predict` is the argmax of a score, and probabilities never decrease when the score increases. One class that is
strictly the most probable one is therefore the label; rounding can make the probabilities of different scores equal."""

_DELEGATES: Final = {"GridSearchCV": "best_estimator_", "RandomizedSearchCV": "best_estimator_"}
"""Estimators that hand both calls to another one."""


def labels_from(model: Any, probabilities: NDArray[Any]) -> NDArray[Any] | None:
    """The labels that `model.predict` gives for rows with these probabilities.

    Parameters
    ----------
    model : estimator
        A fitted classifier with `classes_` as one array.
    probabilities : ndarray of shape (n_rows, n_classes)
        What `model.predict_proba` returned.

    Returns
    -------
    ndarray of shape (n_rows,) or None
        None if only `predict` can tell.
    """
    decides = deciding_estimator(model)
    name = type(decides).__name__
    if not type(decides).__module__.startswith("sklearn.") or name not in ARGMAX | MONOTONE:
        return None
    if probabilities.shape[1] != len(model.classes_):
        return None
    if name in MONOTONE and not _one_is_highest(probabilities):
        return None
    labels: NDArray[Any] = model.classes_.take(probabilities.argmax(axis=1), axis=0)
    return labels


def deciding_estimator(model: Any) -> Any:
    """The estimator that a fitted search hands its calls to; the model itself if it is no search."""
    while type(model).__module__.startswith("sklearn.") and (attribute := _DELEGATES.get(type(model).__name__)):
        model = getattr(model, attribute)
    return model


def _one_is_highest(probabilities: NDArray[Any]) -> bool:
    """Whether each row has one probability above all others; false if one of them is NaN."""
    if probabilities.shape[1] < 2:
        return False
    highest = np.sort(probabilities, axis=1)[:, -2:]
    return bool((highest[:, 1] > highest[:, 0]).all())
