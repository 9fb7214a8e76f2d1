"""Directories that the pipeline itself made: the service says what their own model and preprocessor say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from churn import ROW, mixed_frame
from easy_mlops.config.full import Config
from easy_mlops.deployment.load import LoadedDeployment, load_directory
from easy_mlops.inference.schema import Schema
from easy_mlops.inference.sklearn_engine import SklearnEngine
from easy_mlops.pipeline.run import run
from easy_mlops.preprocessing import DataPreprocessor
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_service import Running, scoring_server
from sklearn.linear_model import LogisticRegression
from wire import Wire

MODELS = (
    "logistic_regression",
    "hist_gradient_boosting",
    "linear_regression",
    "random_forest_classifier",
    "xgboost",
    "lightgbm",
)
STRICT = {"steps": ["missing_values", {"type": "categorical_encoder", "params": {"handle_unknown": "error"}}]}


@dataclass
class Deployed:
    """What the pipeline made of a configuration, loaded here and served there."""

    here: LoadedDeployment
    there: Running


def deploy(folder: Path, name: str, model_type: str, preprocessing: dict[str, Any]) -> LoadedDeployment:
    frame = mixed_frame(300, 0)
    amount = frame["charges"] / 20 - frame["tenure"] / 12 + np.random.default_rng(1).normal(0, 1, len(frame))
    frame["target"] = amount if model_type == "linear_regression" else np.where(amount > 1, "yes", "no")
    frame.to_csv(folder / "data.csv", index=False)
    config = Config.parse(
        {
            "data": {"uri": f"file://{folder}/data.csv", "target": "target"},
            "preprocessing": preprocessing,
            "training": {"model_type": model_type, "cv_folds": 0, "hyperparameters": small(model_type)},
            "deployment": {"output_dir": str(folder / name), "version": "7.0"},
        }
    )
    result = run(config, output_root=folder)
    assert result.failure is None
    return load_directory(folder / result.directory, expected_digest=result.digest)


def small(model_type: str) -> dict[str, Any]:
    sizes: dict[str, dict[str, Any]] = {
        "hist_gradient_boosting": {"max_iter": 10},
        "random_forest_classifier": {"n_estimators": 10},
        "xgboost": {"n_estimators": 10},
        "lightgbm": {"n_estimators": 10},
    }
    return sizes.get(model_type, {})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pipeline")


@pytest.fixture(scope="module", params=MODELS)
def deployed(request: pytest.FixtureRequest, folder: Path) -> Iterator[Deployed]:
    here = deploy(folder, request.param, request.param, {"handle_missing": "median"})
    with scoring_server(here.directory) as there:
        yield Deployed(here, there)


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "tenure": st.none() | st.integers(-100, 1000),
            "charges": st.none() | st.floats(-1e6, 1e6),
            "total": st.none() | st.floats(-1e9, 1e9),
            "paperless": st.none() | st.booleans(),
            "contract": st.none() | st.sampled_from(["monthly", "yearly", "never seen", "", "nan", "ü"]),
            "payment": st.none() | st.sampled_from(["card", "check", "bank", "cash"]),
        }
    ),
    min_size=1,
    max_size=6,
)


def table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=object) for name in rows[0]})


@settings(max_examples=25)
@given(rows=ROWS)
def test_the_service_says_what_model_and_preprocessor_say(deployed: Deployed, rows: list[dict[str, Any]]) -> None:
    here = deployed.here
    with Wire(deployed.there.port) as wire:
        answer = wire.post("/predict", rows)
    assert answer.status == 200, answer.body
    matrix = here.preprocessor.transform(table(rows))  # type: ignore[union-attr]
    expected = here.model.predict(matrix).tolist()
    if not hasattr(here.model, "predict_proba"):
        assert answer.json["predictions"] == pytest.approx(expected, rel=1e-12)
        return
    assert answer.json["predictions"] == expected
    assert np.array(answer.json["probabilities"]) == pytest.approx(here.model.predict_proba(matrix), rel=1e-12)
    assert answer.json["model_version"] == "7.0"


def test_a_missing_value_that_nothing_fills_is_reported_with_its_column(folder: Path) -> None:
    frame = mixed_frame(50, 0).dropna()
    preprocessor = DataPreprocessor({"steps": ["categorical_encoder", "feature_scaler"]})
    model = LogisticRegression().fit(preprocessor.fit_transform(frame), frame["tenure"] > 30)
    engine = SklearnEngine(model, preprocessor, Schema.from_metadata(preprocessor.schema_))
    cells = tuple(ROW.values())
    outputs = engine.predict([cells, (5, None, *cells[2:]), cells, (5, 70.5, None, *cells[3:])])
    assert [p is None for p in outputs.predictions] == [False, True, False, True]
    assert {place: error.field for place, error in outputs.errors.items()} == {1: "charges", 3: "total"}
    assert outputs.probabilities is not None
    assert [p is None for p in outputs.probabilities] == [False, True, False, True]
    assert engine.predict([(5, None, *cells[2:])]).predictions == [None]


def test_an_unseen_category_that_is_an_error_fails_only_its_row(folder: Path) -> None:
    here = deploy(folder, "strict", "logistic_regression", STRICT)
    rows = [ROW, ROW | {"payment": "cash"}, ROW]
    with scoring_server(here.directory) as there, Wire(there.port) as wire:
        answer = wire.post("/predict", rows)
        assert (answer.status, answer.json["row"]) == (422, 1)
        assert "unknown category 'cash'" in answer.json["error"]
        answer = wire.post("/predict?onError=null", rows)
        assert [p is None for p in answer.json["predictions"]] == [False, True, False]
