"""Training: the model type takes effect, the figures are finite, the same seed gives the same model."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from easy_mlops.config import ConfigError
from easy_mlops.training import ModelTrainer
from easy_mlops.training.metrics import classification_metrics, regression_metrics
from easy_mlops.training.targets import problem_of, split_rows
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score

CANCER = load_breast_cancer(as_frame=True)
DIABETES = load_diabetes(as_frame=True)
WINE = load_wine(as_frame=True)
CLASSIFICATION = {"accuracy", "f1_score", "precision", "recall", "roc_auc", "log_loss", "cv_mean", "cv_std"}
REGRESSION = {"mse", "rmse", "mae", "r2_score", "cv_mean", "cv_std"}


@pytest.mark.parametrize(
    ("config", "data", "estimator", "metrics"),
    [
        ({"model_type": "random_forest_classifier"}, WINE, "RandomForestClassifier", CLASSIFICATION),
        (
            {"model_type": "hist_gradient_boosting", "cv_folds": 2},
            WINE,
            "HistGradientBoostingClassifier",
            CLASSIFICATION,
        ),
        (
            {"model_type": "hist_gradient_boosting", "cv_folds": 2},
            DIABETES,
            "HistGradientBoostingRegressor",
            REGRESSION,
        ),
        ({"model_type": "linear_regression"}, DIABETES, "LinearRegression", REGRESSION),
        ({"model_type": "random_forest_regressor", "cv_folds": 2}, DIABETES, "RandomForestRegressor", REGRESSION),
        ({}, WINE, "RandomForestClassifier", CLASSIFICATION),
        ({"cv_folds": 2}, DIABETES, "RandomForestRegressor", REGRESSION),
    ],
)
def test_the_model_type_of_the_section_is_trained(
    config: dict[str, Any], data: Any, estimator: str, metrics: set[str]
) -> None:
    trainer = ModelTrainer(config)
    results = trainer.train(data.data, data.target)
    assert type(trainer.model).__name__ == estimator
    assert set(results["metrics"]) == metrics
    assert all(math.isfinite(value) for value in results["metrics"].values())


def test_the_neural_network_backend_is_a_multi_layer_perceptron() -> None:
    scaled = (WINE.data - WINE.data.mean()) / WINE.data.std()
    trainer = ModelTrainer({"backend": "neural_network", "cv_folds": 0})
    assert trainer.train(scaled, WINE.target)["metrics"]["accuracy"] > 0.9
    assert type(trainer.model).__name__ == "MLPClassifier"


def test_the_neural_network_backend_predicts_amounts_too() -> None:
    scaled, amounts = DIABETES.data * 20, (DIABETES.target - DIABETES.target.mean()) / DIABETES.target.std()
    trainer = ModelTrainer({"backend": "neural_network", "cv_folds": 0, "hyperparameters": {"alpha": 10.0}})
    assert trainer.train(scaled, amounts)["metrics"]["r2_score"] > 0.2
    assert type(trainer.model).__name__ == "MLPRegressor"


def test_what_is_not_set_is_a_fifth_held_out_five_folds_and_seed_42() -> None:
    features, amounts = DIABETES.data[["bmi", "s5"]], DIABETES.target
    told = {"backend": "sklearn", "test_size": 0.2, "random_state": 42, "cv_folds": 5}
    silent = ModelTrainer({"model_type": "linear_regression"}).train(features, amounts)
    assert silent == ModelTrainer({"model_type": "linear_regression", **told}).train(features, amounts)
    assert (silent["n_train"], silent["n_test"]) == (353, 89)


def test_classification_figures_are_weighted_by_the_rows_of_each_class() -> None:
    class Fixed:
        classes_ = np.array(["a", "b"])

        def predict(self, features: Any) -> Any:
            return np.array(["a", "a", "a", "b"])

        def predict_proba(self, features: Any) -> Any:
            return np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]])

    figures = classification_metrics(Fixed(), np.zeros((4, 1)), np.array(["a", "a", "b", "b"]))
    logs = [math.log(share) for share in (0.9, 0.8, 0.4, 0.7)]
    expected = {
        "accuracy": 3 / 4,
        "precision": (2 / 3 + 1) / 2,
        "recall": (1 + 1 / 2) / 2,
        "f1_score": (4 / 5 + 2 / 3) / 2,
        "roc_auc": 1.0,
        "log_loss": -sum(logs) / 4,
    }
    assert figures == pytest.approx(expected)


def test_regression_figures_are_in_the_targets_unit() -> None:
    class Fixed:
        def predict(self, features: Any) -> Any:
            return np.array([1.0, 2.0, 5.0])

    figures = regression_metrics(Fixed(), np.zeros((3, 1)), np.array([1.0, 2.0, 3.0]))
    assert figures == pytest.approx({"mse": 4 / 3, "rmse": math.sqrt(4 / 3), "mae": 2 / 3, "r2_score": -1.0})


@pytest.mark.parametrize(("model_type", "data"), [("linear_regression", DIABETES), ("logistic_regression", CANCER)])
def test_cross_validation_is_scikit_learns_on_the_training_rows(model_type: str, data: Any) -> None:
    features = data.data.iloc[:, :3]
    trainer = ModelTrainer({"model_type": model_type, "cv_folds": 4, "random_state": 7})
    metrics = trainer.train(features, data.target)["metrics"]
    rows, _ = trainer.split(data.target)
    kind = StratifiedKFold if trainer.is_classifier else KFold
    scores = cross_val_score(
        clone(trainer.model),
        features.iloc[rows],
        data.target.iloc[rows],
        cv=kind(4, shuffle=True, random_state=7),
    )
    assert (metrics["cv_mean"], metrics["cv_std"]) == pytest.approx((scores.mean(), scores.std()))


def test_the_same_seed_gives_the_same_figures() -> None:
    runs = [ModelTrainer({"cv_folds": 2}).train(WINE.data, WINE.target) for _ in range(2)]
    assert runs[0] == runs[1]


def test_one_row_of_a_class_among_the_held_out_rows_leaves_roc_auc_out() -> None:
    target = pd.Series([0] * 30 + [1])
    features = pd.DataFrame({"a": np.arange(31.0)})
    metrics = ModelTrainer({"model_type": "logistic_regression"}).train(features, target)["metrics"]
    assert "roc_auc" not in metrics
    assert all(math.isfinite(value) for value in metrics.values())


def test_a_model_type_of_the_other_problem_is_refused_with_what_fits() -> None:
    texts = pd.Series(["a", "b"] * 20)
    features = pd.DataFrame({"x": np.arange(40.0)})
    with pytest.raises(ConfigError, match=r"training\.model_type.*'linear_regression'.*logistic_regression"):
        ModelTrainer({"model_type": "linear_regression"}).train(features, texts)


def test_an_unknown_hyperparameter_is_refused_with_the_nearest_name() -> None:
    trainer = ModelTrainer({"model_type": "random_forest_classifier", "hyperparameters": {"n_estimator": 3}})
    with pytest.raises(ConfigError, match=r"hyperparameters\.n_estimator.*did you mean 'n_estimators'"):
        trainer.train(WINE.data, WINE.target)


def test_a_solver_that_did_not_converge_is_a_note_not_a_warning() -> None:
    trainer = ModelTrainer({"model_type": "logistic_regression", "hyperparameters": {"max_iter": 2}, "cv_folds": 0})
    trainer.train(CANCER.data, CANCER.target)
    assert trainer.notes


def test_saving_and_loading_is_the_identity(tmp_path: Path) -> None:
    trainer = ModelTrainer({"model_type": "linear_regression"})
    trainer.train(DIABETES.data, DIABETES.target)
    trainer.save_model(tmp_path / "model.joblib")
    again = ModelTrainer().load_model(tmp_path / "model.joblib")
    assert (again.model_type, again.is_classifier, again.metrics) == ("linear_regression", False, trainer.metrics)
    assert np.array_equal(again.predict(DIABETES.data), trainer.predict(DIABETES.data))


def test_predicting_before_training_says_what_to_do() -> None:
    with pytest.raises(RuntimeError, match="has not been trained"):
        ModelTrainer().predict([[1.0]])


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (["yes", "no"], "classification"),
        ([True, False], "classification"),
        ([0, 1, 1, 0, 1, 0], "classification"),
        ([0.5, 1.5, 2.5], "regression"),
        (list(range(100)), "regression"),
        ([1, 2, 3], "regression"),
    ],
)
def test_auto_looks_at_the_target(values: list[Any], problem: str) -> None:
    assert problem_of(pd.Series(values)) == problem


@given(
    labels=st.lists(st.sampled_from(["a", "b", "c"]), min_size=2, max_size=60),
    test_size=st.floats(0.05, 0.9),
    seed=st.integers(0, 1000),
)
def test_a_split_has_every_row_once(labels: list[str], test_size: float, seed: int) -> None:
    target = pd.Series(labels)
    if len(labels) - math.ceil(len(labels) * test_size) < 1:
        with pytest.raises(ValueError, match="cannot be split"):
            split_rows(target, test_size=test_size, random_state=seed, stratify=True)
        return
    train, test = split_rows(target, test_size=test_size, random_state=seed, stratify=True)
    assert sorted([*train, *test]) == list(range(len(labels)))
    assert len(train) >= 1
    assert len(test) == math.ceil(len(labels) * test_size)


def test_held_out_rows_of_one_class_are_reported_and_not_measured() -> None:
    trainer = ModelTrainer({"model_type": "logistic_regression"})
    features = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0]})
    trainer.fit(features, pd.Series([0, 0, 1, 1]))
    assert trainer.evaluate(features[:2], pd.Series([0, 0])) == {}
    assert trainer.notes[-1].startswith("all 2 held-out rows have the class")
