"""A run: every step in order, a directory that can be served, the same result wherever the data is stored."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pytest
import yaml
from easy_mlops.contract import RunResult, StepReport
from easy_mlops.deployment import DeploymentContext, DeploymentStep, ModelDeployer, load_directory

TRAINING_STEPS = ["load", "validate", "split", "preprocess", "train", "evaluate"]
DEPLOYMENT_STEPS = ["create_directory", "save_model", "save_preprocessor", "save_metadata"]
SEALING_STEPS = ["checksums", "verify", "publish"]


@pytest.fixture
def data(customers: pd.DataFrame, tmp_path: Path) -> dict[str, str]:
    customers.to_csv(tmp_path / "churn.csv", index=False)
    return {"uri": "file://churn.csv", "target": "churned"}


def test_every_step_is_reported_in_order_as_it_ends(data: dict[str, str], runner: Any) -> None:
    reported: list[StepReport] = []
    result = runner({"data": data}, report=reported.append)
    assert result.ok
    assert [step.name for step in reported] == TRAINING_STEPS + DEPLOYMENT_STEPS + SEALING_STEPS
    assert {step.state for step in reported} == {"Succeeded"}
    assert result.steps == tuple(reported)
    assert all(step.seconds >= 0 for step in reported)


def test_the_result_has_directory_digest_version_and_metrics(data: dict[str, str], runner: Any, tmp_path: Path) -> None:
    result = runner({"data": data, "deployment": {"version": "2.1.0"}}, run_id="run-1")
    assert result.directory.startswith("models/deployment_")
    loaded = load_directory(tmp_path / result.directory, expected_digest=result.digest)
    assert (result.run_id, result.model_version, result.model_type) == ("run-1", "2.1.0", "logistic_regression")
    assert set(result.metrics) == {"accuracy", "f1_score", "precision", "recall", "roc_auc", "log_loss"}
    assert all(math.isfinite(value) for value in result.metrics.values())
    assert loaded.metadata["run_id"] == "run-1"
    assert loaded.metadata["training_results"]["metrics"] == dict(result.metrics)
    assert RunResult.decode(result.encode()) == result


def test_the_directory_has_schema_reference_logs_and_the_whole_configuration(
    data: dict[str, str], runner: Any, tmp_path: Path
) -> None:
    directory = tmp_path / runner({"data": data}).directory
    metadata = json.loads((directory / "metadata.json").read_text())
    assert [column["name"] for column in metadata["schema"]["columns"]] == ["tenure", "charges", "contract", "member"]
    assert metadata["schema"]["target"] == "churned"
    assert set(metadata["reference"]["columns"]) == {"tenure", "charges", "contract", "member"}
    assert "accuracy" in metadata["reference"]["metrics"]
    assert json.loads((directory / "logs/metrics_history.json").read_text())[0]["metrics"]["accuracy"] > 0.5
    snapshot = yaml.safe_load((directory / "config.yaml").read_text())
    assert set(snapshot) == {"data", "preprocessing", "training", "deployment", "observability"}
    assert snapshot["data"]["uri"] == f"file://{tmp_path}/churn.csv"


def test_the_schema_is_that_of_the_training_split(data: dict[str, str], runner: Any, tmp_path: Path) -> None:
    directory = tmp_path / runner({"data": data}).directory
    metadata = json.loads((directory / "metadata.json").read_text())
    assert metadata["reference"]["rows"] == metadata["training_results"]["n_train"] == 96
    assert metadata["training_results"]["n_test"] == 24


def test_explicit_steps_run_and_disabled_steps_are_skipped(data: dict[str, str], runner: Any) -> None:
    steps = ["create_directory", "save_model", "save_preprocessor", "endpoint_script", "save_metadata"]
    result = runner({"data": data, "deployment": {"steps": steps}})
    assert [step.name for step in result.steps][6:11] == steps
    assert [step.name for step in result.steps if step.state == "Skipped"] == ["endpoint_script"]


def test_a_csv_and_a_parquet_file_in_the_cluster_or_not_give_the_same_metrics(
    customers: pd.DataFrame, data: dict[str, str], runner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EASY_MLOPS_DATA_ROOT", str(tmp_path / "data"))
    (tmp_path / "data/configmap/tables").mkdir(parents=True)
    (tmp_path / "data/pvc/claim/in").mkdir(parents=True)
    customers.to_csv(tmp_path / "data/configmap/tables/churn.csv", index=False)
    customers.to_parquet(tmp_path / "data/pvc/claim/in/churn.parquet")
    uris = ["file://churn.csv", "configmap://tables/churn.csv", "pvc://claim/in/churn.parquet"]
    metrics = [dict(runner({"data": {**data, "uri": uri}}).metrics) for uri in uris]
    assert metrics[0] == metrics[1] == metrics[2]
    assert metrics[0]


@pytest.mark.parametrize(
    ("name", "training", "model_type"),
    [
        ("breast_cancer", {"model_type": "logistic_regression"}, "logistic_regression"),
        ("diabetes", {"model_type": "linear_regression"}, "linear_regression"),
        ("wine", {"hyperparameters": {"n_estimators": 10}}, "random_forest_classifier"),
        ("diabetes", {"hyperparameters": {"n_estimators": 10}}, "random_forest_regressor"),
    ],
)
def test_bundled_data_sets_train(runner: Any, name: str, training: dict[str, Any], model_type: str) -> None:
    result = runner({"data": {"uri": f"sklearn://{name}"}, "training": {**training, "cv_folds": 2}})
    assert result.ok, result.failure
    assert result.model_type == model_type
    assert list(result.metrics)[-2:] == ["cv_mean", "cv_std"]
    assert ("rmse" in result.metrics) == (name == "diabetes")


def test_two_runs_of_the_same_file_have_the_same_metrics_and_other_directories(
    data: dict[str, str], runner: Any
) -> None:
    first, second = runner({"data": data}), runner({"data": data})
    assert first.metrics == second.metrics
    assert first.directory != second.directory


def test_a_retry_of_a_published_run_returns_the_same_directory(
    data: dict[str, str], runner: Any, tmp_path: Path
) -> None:
    first = runner({"data": data}, run_id="run-1")
    (tmp_path / "churn.csv").unlink()
    again = runner({"data": data}, run_id="run-1")
    assert (again.directory, again.digest, again.metrics) == (first.directory, first.digest, first.metrics)
    assert (again.model_version, again.model_type) == (first.model_version, first.model_type)
    assert [(step.name, step.state) for step in again.steps] == [("publish", "Succeeded")]
    assert len(list((tmp_path / "models").iterdir())) == 1


def test_a_retry_trains_again_if_the_published_directory_was_changed_and_leaves_that_as_it_is(
    data: dict[str, str], runner: Any, tmp_path: Path
) -> None:
    first = runner({"data": data}, run_id="run-1")
    (tmp_path / first.directory / "model.joblib").write_bytes(b"changed")
    again = runner({"data": data}, run_id="run-1")
    assert again.ok
    assert again.directory != first.directory
    assert (again.steps[0].name, again.steps[0].state) == ("publish", "Skipped")
    assert f"{first.directory} of an earlier attempt is not used" in again.steps[0].message
    assert "model.joblib" in again.steps[0].message
    assert (tmp_path / first.directory / "model.joblib").read_bytes() == b"changed"
    third = runner({"data": data}, run_id="run-1")
    assert (third.directory, third.digest) == (again.directory, again.digest)


def test_nothing_is_fitted_on_held_out_rows(customers: pd.DataFrame, runner: Any, tmp_path: Path) -> None:
    """A category of a single row is known exactly if that row is in the training split."""
    customers = customers.assign(contract=[f"c{i}" for i in range(len(customers))])
    customers.to_csv(tmp_path / "unique.csv", index=False)
    directory = tmp_path / runner({"data": {"uri": "file://unique.csv", "target": "churned"}}).directory
    schema = json.loads((directory / "metadata.json").read_text())["schema"]
    contract = next(column for column in schema["columns"] if column["name"] == "contract")
    assert len(contract["categories"]) == 96


def test_a_model_that_predicts_otherwise_after_loading_is_not_published(
    data: dict[str, str], runner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Swap(DeploymentStep):
        """Saves a model that predicts the opposite."""

        name = "swap"

        def run(self, context: DeploymentContext) -> None:
            path = context.artifacts["model_path"]
            content = joblib.load(path)
            content["model"].classes_ = content["model"].classes_[::-1]
            joblib.dump(content, path)

    monkeypatch.setitem(ModelDeployer.STEP_REGISTRY, "swap", Swap)
    result = runner({"data": data, "deployment": {"steps": [*DEPLOYMENT_STEPS, "swap"]}})
    assert result.failure is not None
    assert (result.failure.reason, result.failure.location) == ("StepFailed", "verify")
    assert "after it was loaded again" in result.failure.message
    assert list((tmp_path / "models").iterdir()) == []
