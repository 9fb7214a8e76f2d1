"""Labels derived from probabilities are those that scikit-learn's own `predict` gives, for all its classifiers."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from functools import cache
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd
import pytest
from easy_mlops.inference.labels import ARGMAX, MONOTONE, labels_from
from easy_mlops.inference.schema import ModelColumn, Schema
from easy_mlops.inference.sklearn_engine import SklearnEngine
from sklearn.base import ClassifierMixin
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, SGDClassifier
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsRestClassifier, OutputCodeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import all_estimators

NAMES = ("a", "b", "c")
SCHEMA = Schema(tuple(ModelColumn(name, "number") for name in NAMES))
GRID = np.array(list(itertools.product(range(4), repeat=3)), dtype=float)
BETWEEN = np.random.default_rng(5).uniform(0, 3, (200, 3))
FAR = GRID * 1e4
CONSTRUCTED: dict[str, dict[str, Any]] = {
    "ClassifierChain": {"estimator": LogisticRegression()},
    "FixedThresholdClassifier": {"estimator": LogisticRegression(), "threshold": 0.3},
    "GridSearchCV": {"estimator": DecisionTreeClassifier(), "param_grid": {"max_depth": [1, 2]}},
    "OneVsOneClassifier": {"estimator": LogisticRegression()},
    "OneVsRestClassifier": {"estimator": LogisticRegression()},
    "OutputCodeClassifier": {"estimator": LogisticRegression()},
    "StackingClassifier": {"estimators": [("tree", DecisionTreeClassifier(max_depth=1)), ("nb", GaussianNB())]},
    "TunedThresholdClassifierCV": {"estimator": LogisticRegression()},
    "SelfTrainingClassifier": {"estimator": LogisticRegression()},
    "VotingClassifier": {
        "estimators": [("a", DecisionTreeClassifier(max_depth=1)), ("b", GaussianNB())],
        "voting": "soft",
    },
    "SGDClassifier": {"loss": "modified_huber"},
    "NuSVC": {"nu": 0.1},
    "RadiusNeighborsClassifier": {"outlier_label": "most_frequent"},
}
VARIANTS: list[Any] = [
    SGDClassifier(loss="log_loss", random_state=0),
    LogisticRegression(C=1e6, max_iter=2000),
    RandomForestClassifier(2, max_depth=1, random_state=0),
    RandomForestClassifier(4, max_depth=1, random_state=0, n_jobs=-1),
    HistGradientBoostingClassifier(max_iter=1, min_samples_leaf=1),
    VotingClassifier([("a", DecisionTreeClassifier(max_depth=1)), ("b", GaussianNB())], voting="hard"),
    VotingClassifier([("a", DecisionTreeClassifier(max_depth=1)), ("b", SVC())]),
    make_pipeline(StandardScaler(), LogisticRegression()),
    make_pipeline(StandardScaler(), FixedThresholdClassifier(LogisticRegression(), threshold=0.2)),
    make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=1))),
    GridSearchCV(make_pipeline(StandardScaler(), GaussianNB()), {"gaussiannb__var_smoothing": [1e-9, 1e-2]}, cv=2),
    GridSearchCV(TunedThresholdClassifierCV(LogisticRegression(), cv=2), {"response_method": ["predict_proba"]}, cv=2),
    StackingClassifier([("nb", GaussianNB())], final_estimator=FixedThresholdClassifier(GaussianNB(), threshold=0.8)),
    OneVsRestClassifier(DecisionTreeClassifier(max_depth=1)),
    OutputCodeClassifier(LogisticRegression(), random_state=0),
    LogisticRegressionCV(Cs=2, cv=2, max_iter=500),
]


def takes_others(kind: Any) -> bool:
    """Whether a class is made of other estimators, without which there is none of it."""
    return any(p.default is p.empty for p in list(signature(kind).parameters.values()) if p.name != "kwargs")


def constructed() -> Iterator[Any]:
    """All classifiers of scikit-learn, and some of them in other ways."""
    for name, kind in all_estimators(type_filter="classifier"):
        arguments = CONSTRUCTED.get(name, {})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some are deprecated
            estimator = kind(**arguments) if arguments or not takes_others(kind) else None
        if estimator is None:
            continue
        if "random_state" in estimator.get_params():
            estimator.set_params(random_state=0)
        yield estimator
    yield from VARIANTS


CLASSIFIERS = list(constructed())


@cache
def tables() -> dict[str, tuple[pd.DataFrame, Any]]:
    """Targets that a model can learn, and others on which every class is as likely as the next one."""
    draw = np.random.default_rng(0)
    grid = pd.DataFrame(GRID, columns=list(NAMES))
    total = GRID.sum(axis=1) + draw.normal(0, 1, len(GRID))
    twice, thrice = pd.concat([grid] * 2, ignore_index=True), pd.concat([grid] * 3, ignore_index=True)
    return {
        "binary": (grid, np.where(total > 4, "yes", "no")),
        "three classes": (grid, np.digitize(total, [3, 6])),
        "undecided": (twice, np.repeat(["yes", "no"], len(grid))),
        "three undecided": (thrice, np.repeat([2, 0, 1], len(grid))),
        "flags": (grid, total > 4),
    }


def fitted(estimator: Any, table: str) -> Any | None:
    """The classifier, None if it does not take such a target: several classes, texts, or nothing to learn."""
    frame, target = tables()[table]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return estimator.fit(frame, target)
        except (ValueError, AttributeError, TypeError, IndexError):
            assert table != "flags" or type(estimator).__name__ in {"ClassifierChain", "NuSVC"}
            return None


def queries(model: Any) -> list[tuple[float, ...]]:
    parts = [GRID] if "Categorical" in type(model).__name__ else [GRID, BETWEEN, FAR]
    return [tuple(row) for row in np.concatenate(parts).tolist()]


@pytest.mark.parametrize("table", tables())
@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=lambda e: type(e).__name__)
@pytest.mark.filterwarnings("ignore")
def test_the_engine_gives_the_labels_of_predict(estimator: Any, table: str) -> None:
    model = fitted(estimator, table)
    if model is None:
        return
    rows = queries(model)
    frame = pd.DataFrame(rows, columns=list(NAMES))
    expected = model.predict(frame)
    outputs = SklearnEngine(model, None, SCHEMA).predict(rows)
    answered = [row for row in range(len(rows)) if row not in outputs.errors]
    assert [outputs.predictions[row] for row in answered] == [expected.tolist()[row] for row in answered]
    if outputs.probabilities is not None:
        wanted = model.predict_proba(frame)
        np.testing.assert_array_equal([outputs.probabilities[row] for row in answered], wanted[answered])


@pytest.mark.parametrize("name", sorted(ARGMAX | MONOTONE))
@pytest.mark.filterwarnings("ignore")
def test_every_listed_classifier_saves_the_second_call_on_decided_rows(name: str) -> None:
    model = fitted(next(e for e in CLASSIFIERS if type(e).__name__ == name), "binary")
    assert model is not None
    frame, _ = tables()["binary"]
    probabilities = model.predict_proba(frame)
    decided = probabilities.max(axis=1) > 0.5
    assert decided.any()
    labels = labels_from(model, probabilities[decided])
    assert labels is not None
    assert labels.tolist() == model.predict(frame)[decided].tolist()


@pytest.mark.parametrize(
    "estimator",
    [
        SVC(),
        FixedThresholdClassifier(LogisticRegression(), threshold=0.3),
        TunedThresholdClassifierCV(LogisticRegression()),
        FrozenEstimator(LogisticRegression()),
        OneVsRestClassifier(LogisticRegression()),
    ],
    ids=lambda e: type(e).__name__,
)
def test_an_unlisted_classifier_is_asked_for_its_labels(estimator: Any) -> None:
    assert labels_from(estimator, np.array([[0.4, 0.6]])) is None


def test_a_subclass_may_decide_otherwise_and_is_asked() -> None:
    class Cautious(LogisticRegression, ClassifierMixin):  # type: ignore[misc]
        def predict(self, inputs: Any) -> Any:
            return np.where(self.predict_proba(inputs)[:, 1] > 0.9, "yes", "no")

    frame, target = tables()["binary"]
    model = Cautious().fit(frame, target)
    outputs = SklearnEngine(model, None, SCHEMA).predict([tuple(row) for row in GRID.tolist()])
    assert outputs.predictions == model.predict(frame).tolist()


def test_equal_probabilities_of_a_score_are_not_decided_here() -> None:
    model = LogisticRegression().fit(*tables()["binary"])
    assert labels_from(model, np.array([[0.5, 0.5]])) is None
    assert labels_from(model, np.array([[0.4, 0.6]])) is not None


def test_several_targets_are_predicted_separately() -> None:
    frame, target = tables()["binary"]
    both = np.stack([target, target[::-1]], axis=1)
    model = DecisionTreeClassifier(random_state=0).fit(frame, both)
    outputs = SklearnEngine(model, None, SCHEMA).predict([tuple(row) for row in GRID.tolist()])
    assert outputs.predictions == model.predict(frame).tolist()
    assert outputs.probabilities is None
