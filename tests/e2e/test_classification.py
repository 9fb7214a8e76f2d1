"""Classification on mixed columns with missing values, from a ConfigMap to a scored row."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from kube import Namespace, Object, config_map, model_deployment, ready


@pytest.fixture(scope="module")
def spec() -> Object:
    return {
        "data": {"uri": "configmap://churn/churn.csv", "target": "churned"},
        "preprocessing": {"handle_missing": "median"},
        "training": {"model_type": "random_forest_classifier", "cv_folds": 3},
        "deployment": {
            "deployment_prefix": "churn_model",
            "version": "2.1.0",
            "steps": [
                "create_directory",
                "save_model",
                "save_preprocessor",
                {"type": "save_metadata", "params": {"filename": "detailed_metadata.json"}},
                {"type": "endpoint_script", "params": {"enabled": True, "filename": "predict_churn.py"}},
            ],
        },
        "observability": {"metric_thresholds": {"accuracy": 0.6}, "alert_threshold": 0.5},
    }


@pytest.fixture(scope="module")
def resource(namespace: Namespace, churn: pd.DataFrame, spec: Object) -> Object:
    namespace.apply(config_map("churn", churn_dot_csv=churn.to_csv(index=False)), model_deployment("churn", **spec))
    return ready(namespace, "churn")


def test_the_pipeline_reports_every_step_in_order(resource: Object) -> None:
    steps = resource["status"]["pipeline"]["steps"]
    assert {step["state"] for step in steps} == {"Succeeded"}
    names = [step["name"] for step in steps]
    for earlier, later in zip(["load", "validate", "split", "preprocess", "train", "evaluate"], names, strict=False):
        assert earlier == later
    assert [n for n in names if n in {"create_directory", "save_model", "save_metadata", "endpoint_script"}] == [
        "create_directory",
        "save_model",
        "save_metadata",
        "endpoint_script",
    ]


def test_status_names_revision_version_and_directory(resource: Object) -> None:
    status = resource["status"]
    assert status["activeRevision"] == status["targetRevision"]
    revision = next(r for r in status["revisions"] if r["name"] == status["activeRevision"])
    assert revision["version"] == "2.1.0"
    assert revision["directory"].startswith("models/churn_model_")
    assert len(revision["digest"]) == 64
    assert status["url"] == f"http://churn.{resource['metadata']['namespace']}.svc:8080"


def test_the_service_answers_with_missing_and_unseen_values(
    namespace: Namespace, resource: Object, churn: pd.DataFrame, predict: Callable[[str, Any], Any]
) -> None:
    rows = [
        {"tenure": 3, "charges": 80.5, "contract": "monthly", "payment": "card"},
        {"tenure": None, "charges": 20.0, "contract": "never seen", "payment": None},
        {"tenure": 70, "charges": 40, "contract": "yearly", "payment": "check"},
    ]
    with namespace.forward("service/churn", 8080) as url:
        answer = predict(url, rows)
    assert len(answer["predictions"]) == 3
    assert answer["predictions"][0] == "yes"
    assert answer["predictions"][2] == "no"
    assert sorted(answer["classes"]) == ["no", "yes"]


def test_the_same_file_gives_the_same_metrics_on_a_laptop(
    resource: Object, churn: pd.DataFrame, spec: Object, tmp_path: Path
) -> None:
    churn.to_csv(tmp_path / "churn.csv", index=False)
    local = {**spec, "data": {**spec["data"], "uri": f"file://{tmp_path}/churn.csv"}}
    (tmp_path / "md.yaml").write_text(yaml.safe_dump(model_deployment("churn", **local)))
    command: list[str | Path] = [
        Path(sys.executable).parent / "make-mlops-easy",
        "run",
        "-f",
        "md.yaml",
        "--output",
        "json",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    metrics = json.loads(done.stdout)["metrics"]
    in_cluster = resource["status"]["revisions"][0]["metrics"]
    assert {name: float(value) for name, value in in_cluster.items()} == pytest.approx(metrics, rel=1e-4)


def test_kubectl_get_shows_what_matters(namespace: Namespace, resource: Object) -> None:
    header, row = namespace.kubectl("get", "md", "churn").strip().splitlines()
    columns = "NAME READY UPTODATE STATUS VERSION THRESHOLDS FIRING REPLICAS AGE"
    assert header.split() == columns.split()
    assert " Serving " in row
    assert "True" in row
    assert "2.1.0" in row
