"""Estimators from elsewhere: a function of the user's own, and packages that are extras."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from easy_mlops.config import ConfigError
from easy_mlops.deployment import load_directory
from easy_mlops.pipeline import MLOpsPipeline
from easy_mlops.training import ModelTrainer
from plugin_files import steps_restored

MODULE = '''
import numpy as np
from sklearn.linear_model import RidgeClassifier


class Majority:
    """Knows nothing of scikit-learn."""

    def fit(self, features, target):
        values, counts = np.unique(target, return_counts=True)
        self.answer = values[np.argmax(counts)]
        return self

    def predict(self, features):
        return np.full(len(features), self.answer)


def ridge(alpha=1.0, random_state=None):
    return RidgeClassifier(alpha=alpha, random_state=random_state)


def majority():
    return Majority()


def nothing():
    return 1


def broken():
    raise RuntimeError("no licence")
'''


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_models.py").write_text(MODULE)
    rng = np.random.default_rng(2)
    size = rng.normal(0, 1, 90)
    frame = pd.DataFrame({"size": size, "noise": rng.normal(0, 1, 90), "y": np.where(size > 0, "big", "small")})
    frame.to_csv("data.csv", index=False)
    frame.assign(y=size * 3).to_csv("amounts.csv", index=False)
    with steps_restored():
        yield tmp_path


def pipeline(training: str) -> MLOpsPipeline:
    Path("config.yaml").write_text(f"plugins: [my_models]\ntraining: {{{training}, cv_folds: 3}}\n")
    return MLOpsPipeline("config.yaml")


@pytest.mark.parametrize("function", ["ridge", "majority"])
def test_a_function_of_the_user_is_trained_measured_deployed_and_used(home: Path, function: str) -> None:
    trained = pipeline(f"backend: callable, callable: 'my_models:{function}'")
    results = trained.run("data.csv", target_column="y")
    assert results["training"]["model_type"] == f"my_models:{function}"
    assert {"accuracy", "cv_mean"} <= set(results["training"]["metrics"])
    directory = results["deployment"]["deployment_dir"]
    del sys.modules["my_models"]
    (home / "my_models.py").unlink()
    assert len(MLOpsPipeline().predict("data.csv", directory)) == 90


def test_hyperparameters_and_the_seed_reach_the_function(home: Path) -> None:
    trained = pipeline("backend: callable, callable: 'my_models:ridge', hyperparameters: {alpha: 0.5}, random_state: 7")
    results = trained.run("data.csv", target_column="y")
    model = load_directory(results["deployment"]["deployment_dir"]).model
    assert (model.alpha, model.random_state) == (0.5, 7)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("my_models:nothing", "gives a int, which has no fit and no predict"),
        ("my_models:broken", "RuntimeError: no licence"),
        ("my_models:absent", "AttributeError"),
        ("elsewhere:make", "No module named 'elsewhere'; a file elsewhere.py is named in plugins, too"),
    ],
)
def test_a_function_that_gives_no_estimator_is_named(home: Path, name: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        pipeline(f"backend: callable, callable: '{name}'").run("data.csv", target_column="y", deploy=False)
    assert caught.value.problems[0].path == "training.callable"
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "section",
    [
        {"backend": "callable"},
        {"callable": "a:b"},
        {"backend": "callable", "callable": "a:b", "model_type": "xgboost"},
        {"backend": "callable", "callable": "not a name"},
    ],
)
def test_half_a_callable_is_refused(section: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        ModelTrainer(section)


@pytest.mark.parametrize("model_type", ["xgboost", "lightgbm"])
@pytest.mark.parametrize(("file", "metric"), [("data.csv", "accuracy"), ("amounts.csv", "r2_score")])
def test_an_extras_model_does_both_problems(home: Path, model_type: str, file: str, metric: str) -> None:
    trained = pipeline(f"model_type: {model_type}, hyperparameters: {{n_estimators: 20}}")
    results = trained.run(file, target_column="y")
    assert results["training"]["metrics"][metric] > 0.7
    directory = results["deployment"]["deployment_dir"]
    loaded = load_directory(directory)
    assert loaded.metadata["versions"][model_type]
    answers = trained.predict("data.csv", directory)
    assert len(answers) == 90
    if file == "data.csv":
        assert set(answers) == {"big", "small"}
    again = pickle.loads(pickle.dumps(loaded.model))
    rows = np.zeros((2, 2))
    np.testing.assert_array_equal(again.predict(rows), loaded.model.predict(rows))


def test_an_extra_that_is_not_installed_is_named_with_the_command(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xgboost", None)
    with pytest.raises(ConfigError, match=r"pip install 'make-mlops-easy\[xgboost\]'"):
        pipeline("model_type: xgboost").run("data.csv", target_column="y", deploy=False)


def test_an_unknown_hyperparameter_of_an_extra_is_refused(home: Path) -> None:
    with pytest.raises(ConfigError, match="n_estimator: unknown parameter of XGBClassifier; did you mean 'n_est"):
        pipeline("model_type: xgboost, hyperparameters: {n_estimator: 5}").run("data.csv", "y", deploy=False)
