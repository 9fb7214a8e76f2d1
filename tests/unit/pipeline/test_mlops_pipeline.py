"""`MLOpsPipeline`: train, score and monitor a model from Python."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from easy_mlops.config import ConfigError
from easy_mlops.contract import StepReport
from easy_mlops.deployment import IntegrityError, ModelDeployer
from easy_mlops.pipeline import MLOpsPipeline
from easy_mlops.preprocessing import DataError, TableError

CONFIG = """\
preprocessing: {handle_missing: median}
training: {model_type: logistic_regression, cv_folds: 2}
deployment: {version: 2.1.0}
observability: {metric_thresholds: {accuracy: 0.999}}
"""


@pytest.fixture
def home(tmp_path: Path, customers: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    customers.to_csv("churn.csv", index=False)
    customers.drop(columns="churned").head(20).to_csv("new.csv", index=False)
    Path("config.yaml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def deployed(home: Path) -> str:
    directory: str = MLOpsPipeline("config.yaml").run("churn.csv", "churned")["deployment"]["deployment_dir"]
    return directory


def test_a_run_returns_training_preprocessing_deployment_and_logs(home: Path) -> None:
    results = MLOpsPipeline("config.yaml").run("churn.csv", "churned")
    assert set(results) == {"training", "preprocessing", "deployment", "logs"}
    assert results["training"]["model_type"] == "logistic_regression"
    assert results["training"]["target_column"] == "churned"
    assert {"accuracy", "cv_mean", "cv_std"} <= set(results["training"]["metrics"])
    assert results["preprocessing"] == {
        "n_features": 4,
        "n_samples": 120,
        "feature_columns": ["tenure", "charges", "contract", "member"],
    }
    directory = Path(results["deployment"]["deployment_dir"])
    assert directory.parent == home / "models"
    assert set(results["logs"]) == {"metrics", "predictions"}
    assert all(Path(path).parent == directory / "logs" and Path(path).exists() for path in results["logs"].values())


def test_without_deployment_nothing_is_written(home: Path) -> None:
    before = sorted(home.iterdir())
    results = MLOpsPipeline("config.yaml").run("churn.csv", "churned", deploy=False)
    assert set(results) == {"training", "preprocessing"}
    assert sorted(home.iterdir()) == before


def test_without_a_target_the_last_column_is_used_and_reported(home: Path) -> None:
    reports: list[StepReport] = []
    results = MLOpsPipeline("config.yaml", report=reports.append).run("churn.csv", deploy=False)
    assert results["training"]["target_column"] == "churned"
    assert any("target is the last column, 'churned'" in report.message for report in reports)


def test_predict_returns_one_prediction_per_row_and_logs_each(deployed: str) -> None:
    pipeline = MLOpsPipeline()
    assert set(pipeline.predict("new.csv", deployed)) <= {"yes", "no"}
    assert len(pipeline.predict("new.csv", deployed)) == 20
    summary = pipeline.get_status(deployed)["monitoring"]["predictions_summary"]
    assert summary["total_predictions"] == 40


def test_a_row_that_cannot_be_scored_is_none_with_its_reason_and_counted(deployed: str) -> None:
    Path("odd.csv").write_text("tenure,charges,contract,member\n3,1.5,monthly,true\nlong,1.5,weekly,true\n,2,,\n")
    reports: list[StepReport] = []
    answers = MLOpsPipeline(report=reports.append).predict("odd.csv", deployed)
    assert answers[1] is None
    assert answers[0] in {"yes", "no"}
    assert answers[2] in {"yes", "no"}
    message = next(report.message for report in reports if report.name == "predict")
    assert "3 rows" in message
    assert "unseen categories: contract 1" in message
    assert "missing values: tenure 1" in message
    assert "1 cannot be scored, the first is row 1: column 'tenure'" in message
    logged = json.loads((Path(deployed) / "logs/predictions_log.json").read_text())
    assert logged[1]["prediction"] is None
    assert "tenure" in logged[1]["metadata"]["reason"]


def test_status_has_metadata_metrics_and_verdicts(deployed: str) -> None:
    status = MLOpsPipeline().get_status(deployed)
    assert status["metadata"]["version"] == "2.1.0"
    assert status["model_type"] == "logistic_regression"
    assert status["metrics"] == status["metadata"]["training_results"]["metrics"]
    assert status["monitoring"]["metrics_summary"]["total_logs"] == 1
    verdicts = {item["name"]: item["state"] for item in status["monitoring"]["evaluations"]}
    assert verdicts["accuracy"] == "Firing"
    sources = {item["name"]: item["source"] for item in status["monitoring"]["evaluations"]}
    assert sources["recall"] == "default"  # it must not look as if a user had configured it
    assert verdicts["log_loss"] == "NoRule"  # no one limit suits every loss


def test_the_directorys_own_configuration_applies_without_another(deployed: str) -> None:
    Path("lenient.yaml").write_text("observability: {metric_thresholds: {accuracy: 0.1}}\n")
    lenient = MLOpsPipeline("lenient.yaml").get_status(deployed)["monitoring"]["evaluations"]
    assert next(item for item in lenient if item["name"] == "accuracy")["state"] == "OK"


def test_status_and_observe_load_no_model(deployed: str) -> None:
    for name in ("model.joblib", "preprocessor.joblib"):
        (Path(deployed) / name).write_bytes(b"not a pickle")
    assert MLOpsPipeline().get_status(deployed)["metrics"]
    assert "accuracy" in MLOpsPipeline().observe(deployed)


def test_loading_as_in_the_guide_works(deployed: str) -> None:
    deployer = ModelDeployer({"output_dir": "./models"})
    model_data, preprocessor, metadata = deployer.load_deployed_model(deployed)
    assert preprocessor is not None
    df = preprocessor.load_data("new.csv")
    features, _ = preprocessor.prepare_data(df, target_column=None, fit=False)
    predictions = model_data["model"].predict(features)
    assert len(predictions) == 20
    assert metadata["version"] == "2.1.0"


def test_predict_refuses_a_changed_directory(deployed: str) -> None:
    (Path(deployed) / "model.joblib").write_bytes(b"changed")
    with pytest.raises(IntegrityError, match=r"model\.joblib was changed"):
        MLOpsPipeline().predict("new.csv", deployed)


def test_mistakes_raise_exceptions_of_their_kind(deployed: str) -> None:
    Path("bad.yaml").write_text("training:\n  model_typ: auto\n")
    with pytest.raises(ConfigError, match=r"bad\.yaml:2: training\.model_typ.*did you mean 'model_type'"):
        MLOpsPipeline("bad.yaml")
    with pytest.raises(TableError, match=r"gone\.csv is not there"):
        MLOpsPipeline().run("gone.csv")
    with pytest.raises(DataError, match="did you mean 'churned'"):
        MLOpsPipeline().run("churn.csv", "churnd")
    with pytest.raises(IntegrityError, match="no such directory"):
        MLOpsPipeline().get_status("nowhere")


def test_the_configuration_of_one_pipeline_does_not_leak_into_the_next(home: Path) -> None:
    MLOpsPipeline("config.yaml")
    assert MLOpsPipeline().config.training.model_type == "auto"
