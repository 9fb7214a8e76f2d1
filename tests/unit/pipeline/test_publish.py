"""A model that was trained elsewhere: any fitted estimator or pipeline of scikit-learn becomes a deployment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from easy_mlops.cli.main import main
from easy_mlops.deployment import load_directory
from easy_mlops.pipeline import MLOpsPipeline
from easy_mlops.pipeline.publish import publish
from easy_mlops.preprocessing import DataError
from easy_mlops.scoring.loading import load
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

FEATURES = ["tenure", "charges", "contract"]
NUMBERS = ["tenure", "charges"]


@pytest.fixture
def home(tmp_path: Path, customers: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a sample that has the label and a column that no model takes, too."""
    monkeypatch.chdir(tmp_path)
    customers.to_csv("rows.csv", index=False)
    customers[NUMBERS].fillna(0.0).to_parquet("numbers.parquet")
    return tmp_path


def pipeline(customers: pd.DataFrame) -> Any:
    """Texts are encoded by the model itself, and missing numbers are its own affair."""
    encode = make_column_transformer((OneHotEncoder(sparse_output=False), ["contract"]), remainder="passthrough")
    return make_pipeline(encode, HistGradientBoostingRegressor(max_iter=5)).fit(
        customers[FEATURES], customers["churned"] == "yes"
    )


def classifier(customers: pd.DataFrame, named: bool = True) -> Any:
    numbers = customers[NUMBERS].fillna(0.0)
    return LogisticRegression().fit(numbers if named else numbers.to_numpy(), customers["churned"])


def metadata_of(artifacts: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(artifacts["metadata_path"]).read_text())
    return found


def test_a_pipeline_is_published_with_schema_and_reference_of_the_sample(home: Path, customers: pd.DataFrame) -> None:
    model = pipeline(customers)
    joblib.dump(model, "model.joblib")
    artifacts = publish("model.joblib", "rows.csv", "out")
    loaded = load_directory(artifacts["deployment_dir"])
    assert Path(artifacts["deployment_dir"]).parent == home / "out"
    assert loaded.preprocessor is None
    assert np.array_equal(loaded.model.predict(customers[FEATURES]), model.predict(customers[FEATURES]))
    metadata = metadata_of(artifacts)
    assert [(c["name"], c["type"], c["nullable"]) for c in metadata["schema"]["columns"]] == [
        ("tenure", "integer", True),
        ("charges", "number", False),
        ("contract", "text", False),
    ]
    assert metadata["reference"]["rows"] == 120
    assert set(metadata["reference"]["columns"]) == set(FEATURES)
    assert metadata["training_results"]["model_type"] == "Pipeline"


@pytest.mark.parametrize("named", [True, False])
def test_an_estimator_is_published_whether_it_was_fitted_on_a_table_or_a_matrix(
    home: Path, customers: pd.DataFrame, named: bool
) -> None:
    model = classifier(customers, named)
    joblib.dump({"model": model} if named else model, "model.joblib")
    artifacts = publish("model.joblib", "numbers.parquet")
    served = load(artifacts["deployment_dir"], digest=None, name="model")
    rows = customers[NUMBERS].fillna(0.0)
    expected = model.predict(rows if named else rows.to_numpy())
    assert list(served.engine.predict([tuple(row) for row in rows.to_numpy().tolist()]).predictions) == list(expected)
    assert metadata_of(artifacts)["training_results"]["model_type"] == "LogisticRegression"
    assert metadata_of(artifacts)["training_results"]["is_classifier"] is True


def test_a_published_model_predicts_is_looked_after_and_handed_over(home: Path, customers: pd.DataFrame) -> None:
    joblib.dump(pipeline(customers), "model.joblib")
    assert main(["publish", "model.joblib", "--sample", "rows.csv"]) == 0
    (directory,) = (home / "models").iterdir()
    assert len(MLOpsPipeline().predict("rows.csv", directory)) == 120
    status = MLOpsPipeline().get_status(directory)
    assert status["model_type"] == "Pipeline"
    assert status["monitoring"]["predictions_summary"]["total_predictions"] == 120
    assert "| contract | text | no | monthly, yearly |" in MLOpsPipeline().handoff(directory)


def test_rows_without_a_column_of_the_model_are_told(home: Path, customers: pd.DataFrame) -> None:
    joblib.dump(pipeline(customers), "model.joblib")
    directory = publish("model.joblib", "rows.csv")["deployment_dir"]
    customers.drop(columns="charges").to_csv("few.csv", index=False)
    with pytest.raises(DataError, match="column 'charges' is missing"):
        MLOpsPipeline().predict("few.csv", directory)


def test_the_command_line_says_what_it_did(home: Path, customers: pd.DataFrame, capsys: Any) -> None:
    joblib.dump(pipeline(customers), "model.joblib")
    assert main(["publish", "model.joblib", "--sample", "rows.csv", "-o", "out", "--output", "json"]) == 0
    printed = capsys.readouterr()
    assert Path(json.loads(printed.out)["deployment_dir"]).parent == home / "out"
    assert "not taken by the model: member, churned" in printed.err


class Moody(BaseEstimator):  # type: ignore[misc]
    """Predicts something else after it was loaded again."""

    feature_names_in_ = np.array(NUMBERS, dtype=object)

    def __init__(self) -> None:
        self.answer = 0.0

    def fit(self, *_: Any) -> Moody:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, rows: Any) -> Any:
        return np.full(len(rows), self.answer)

    def __getstate__(self) -> dict[str, float]:
        return {"answer": self.answer + 1.0}


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (None, "model.joblib is not there"),
        (b"no pickle", "model.joblib cannot be loaded: "),
        ({"a": 1}, "holds no model but dict, which cannot predict"),
        (RandomForestClassifier(), "is not fitted yet"),
    ],
)
def test_what_is_no_fitted_model_is_told(home: Path, model: Any, words: str, capsys: Any) -> None:
    if isinstance(model, bytes):
        Path("model.joblib").write_bytes(model)
    elif model is not None:
        joblib.dump(model, "model.joblib")
    assert main(["publish", "model.joblib", "--sample", "rows.csv"]) == 1
    assert words in capsys.readouterr().err
    assert not (home / "models").exists()


def test_a_sample_of_other_columns_is_told(home: Path, customers: pd.DataFrame) -> None:
    joblib.dump(pipeline(customers), "named.joblib")
    joblib.dump(classifier(customers, named=False), "matrix.joblib")
    customers.rename(columns={"tenure": "tenur"}).to_csv("other.csv", index=False)
    with pytest.raises(DataError, match="'tenure' is missing; did you mean 'tenur'"):
        publish("named.joblib", "other.csv")
    with pytest.raises(DataError, match="a matrix of 2 columns, and the sample has 5"):
        publish("matrix.joblib", "other.csv")
    with pytest.raises(DataError, match=r"cannot predict the rows of rows\.csv: ValueError"):
        joblib.dump(classifier(customers), "numbers.joblib")
        publish("numbers.joblib", "rows.csv")  # with missing values, which this model does not take


def test_a_model_that_comes_back_otherwise_is_not_published(home: Path) -> None:
    joblib.dump(Moody(), "model.joblib")
    with pytest.raises(RuntimeError, match="does not predict the sample"):
        publish("model.joblib", "numbers.parquet")
    assert not list((home / "models").iterdir())
