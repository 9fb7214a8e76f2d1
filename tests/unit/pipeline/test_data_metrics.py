"""`predict` compares the rows with those of the training split, and `status` evaluates the result."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from easy_mlops.cli.main import main
from easy_mlops.pipeline import MLOpsPipeline

CONFIG = """\
preprocessing: {handle_missing: median}
training: {model_type: logistic_regression, cv_folds: 0}
observability:
  rules:
    drift: {metric: psi, op: ">", value: 0.25, min_samples: 50}
    tenure_drift: {metric: psi, column: tenure, op: ">", value: 0.25, min_samples: 50}
    shift: {metric: feature_mean_shift, op: ">", value: 0.5}
    schema: {metric: schema_hash_mismatch, op: ">", value: 0}
    new_contracts: {metric: unseen_category_rate, op: ">", value: 0.1}
"""


@pytest.fixture
def deployed(tmp_path: Path, customers: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    customers.to_csv("churn.csv", index=False)
    Path("config.yaml").write_text(CONFIG)
    return Path(MLOpsPipeline("config.yaml").run("churn.csv", "churned")["deployment"]["deployment_dir"])


def predict(deployed: Path, frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Predict and return the evaluations by name."""
    frame.drop(columns="churned", errors="ignore").to_csv("rows.csv", index=False)
    MLOpsPipeline().predict("rows.csv", deployed)
    evaluations = MLOpsPipeline().get_status(deployed)["monitoring"]["evaluations"]
    return {item["name"]: item for item in evaluations}


def test_rows_like_those_of_training_are_within_all_limits(deployed: Path, customers: pd.DataFrame) -> None:
    found = predict(deployed, customers)
    names = ("drift", "tenure_drift", "shift", "schema", "new_contracts")
    assert {name: found[name]["state"] for name in names} == dict.fromkeys(names, "OK")


def test_a_shifted_column_fires_and_is_reported_by_name(deployed: Path, customers: pd.DataFrame) -> None:
    found = predict(deployed, customers.assign(charges=customers["charges"] + 60))
    assert (found["drift"]["state"], found["drift"]["worst_column"]) == ("Firing", "charges")
    assert (found["shift"]["state"], found["shift"]["worst_column"]) == ("Firing", "charges")
    assert found["shift"]["samples"] == len(customers)
    assert (found["tenure_drift"]["state"], found["tenure_drift"]["worst_column"]) == ("OK", "tenure")


def test_new_categories_and_new_nulls_are_reported(deployed: Path, customers: pd.DataFrame) -> None:
    found = predict(
        deployed, customers.assign(contract="weekly", charges=customers["charges"].mask(customers.index < 9))
    )
    assert (found["new_contracts"]["value"], found["new_contracts"]["worst_column"]) == (1.0, "contract")
    assert (found["schema"]["state"], found["schema"]["worst_column"]) == ("Firing", "charges")


def test_every_metric_is_a_row_of_the_deployments_metrics(deployed: Path, customers: pd.DataFrame) -> None:
    predict(deployed, customers)
    with (deployed / "logs/metrics.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["layer"] for row in rows} == {"data"}
    assert [row["name"] for row in rows] == [
        "row_count",
        "schema_hash_mismatch",
        "null_rate",
        "psi",
        "psi",
        "feature_mean_shift",
        "unseen_category_rate",
    ]
    contexts = [json.loads(row["context"]) for row in rows]
    assert contexts[2] == {"column": "tenure", "n": len(customers)}


def test_a_few_rows_are_too_few(deployed: Path, customers: pd.DataFrame) -> None:
    found = predict(deployed, customers.head(20))
    assert (found["drift"]["state"], found["drift"]["message"]) == (
        "NoData",
        "psi of charges: too few samples over the batch (n=20 < 50)",
    )


def test_metrics_that_are_not_tracked_are_not_logged(deployed: Path, customers: pd.DataFrame) -> None:
    Path("quiet.yaml").write_text("observability: {track_metrics: false}\n")
    customers.drop(columns="churned").to_csv("rows.csv", index=False)
    MLOpsPipeline("quiet.yaml").predict("rows.csv", deployed)
    assert not (deployed / "logs/metrics.csv").exists()


def test_status_and_observe_name_the_column(
    deployed: Path, customers: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    predict(deployed, customers.assign(charges=customers["charges"] + 60))
    assert main(["status", str(deployed), "--fail-on-alert"]) == 1
    assert "fires when > 0.25 (rules)  [column charges]" in capsys.readouterr().out
    assert main(["observe", str(deployed)]) == 0
    assert "column charges" in capsys.readouterr().out
