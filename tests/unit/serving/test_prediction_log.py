"""Each scored row is written down, and no disk stops the scoring."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from churn import ROW, Trained, mixed_frame
from deployments import prediction_records, write_deployment
from easy_mlops.inference.loading import configured_logging
from easy_mlops.monitoring.summary import Summary
from scoring_service import scoring_server
from wire import Wire


def deployment(models: dict[str, Trained], directory: Path, name: str = "binary", **options: Any) -> Path:
    trained = models[name]
    write_deployment(directory / "deployment", trained.pipeline, trained.frame, model_version="3.0", **options)
    return directory / "deployment"


def test_a_record_tells_what_went_in_and_what_came_out(models: dict[str, Trained], tmp_path: Path) -> None:
    directory = deployment(models, tmp_path)
    with scoring_server(directory) as running, Wire(running.port) as wire:
        answer = wire.post("/predict", ROW | {"total": None})
    (record,) = prediction_records(directory)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record.pop("ts"))
    assert 0 < record.pop("latency_ms") < 10_000
    assert record == {
        "id": answer.headers["x-prediction-id"],
        "model_version": "3.0",
        "prediction": answer.json["predictions"][0],
        "score": answer.json["probabilities"][0][1],
        "inputs": ROW | {"total": None},
    }


def test_every_scored_row_is_written_once_with_an_id_of_its_own(models: dict[str, Trained], tmp_path: Path) -> None:
    directory = deployment(models, tmp_path, "multiclass")
    frame = mixed_frame(500, 9)
    rows = json.loads(frame.to_json(orient="records"))
    rows[3]["tenure"] = "wrong"
    with scoring_server(directory) as running, Wire(running.port) as wire:
        answer = wire.post("/predict?onError=null", rows)
        wire.post("/predict", [{"x": 1}])
    written = prediction_records(directory)
    assert [r["id"] for r in written] == [f"{answer.json['id']}.{i}" for i in range(500) if i != 3]
    assert [r["prediction"] for r in written] == [p for p in answer.json["predictions"] if p is not None]
    assert [r["score"] for r in written] == [max(p) for p in answer.json["probabilities"] if p is not None]


def test_a_regressor_has_no_score(models: dict[str, Trained], tmp_path: Path) -> None:
    directory = deployment(models, tmp_path, "regression")
    with scoring_server(directory) as running, Wire(running.port) as wire:
        wire.post("/predict", ROW)
    assert prediction_records(directory)[0]["score"] is None


def test_the_summary_and_the_metrics_count_what_was_written(models: dict[str, Trained], tmp_path: Path) -> None:
    with scoring_server(deployment(models, tmp_path)) as running, Wire(running.port) as wire:
        wire.post("/predict", [ROW] * 7)
        running.until(lambda: running.service is not None and running.service.log.logged == 7)
        summary = Summary.decode(wire.get("/monitoring/v1/summary").body)
        assert (summary.logged, summary.dropped) == (7, 0)
        assert b"\neasymlops_predictions_logged_total 7.0\n" in wire.get("/metrics").body


def test_without_a_place_to_write_scoring_goes_on_and_the_loss_is_counted(
    models: dict[str, Trained], tmp_path: Path
) -> None:
    directory = deployment(models, tmp_path)
    (directory / "logs").rmdir()
    (directory / "logs").write_text("a file where the directory should be")
    with scoring_server(directory) as running, Wire(running.port) as wire:
        assert wire.post("/predict", [ROW] * 3).status == 200
        running.until(lambda: running.service is not None and running.service.log.dropped == 3)
        summary = Summary.decode(wire.get("/monitoring/v1/summary").body)
        assert (summary.logged, summary.dropped) == (0, 3)
        assert b"\neasymlops_predictions_dropped_total 3.0\n" in wire.get("/metrics").body


def test_a_missing_logs_directory_is_made(models: dict[str, Trained], tmp_path: Path) -> None:
    directory = deployment(models, tmp_path)
    (directory / "logs").rmdir()
    with scoring_server(directory) as running, Wire(running.port) as wire:
        wire.post("/predict", ROW)
    assert len(prediction_records(directory)) == 1


def test_predictions_that_nobody_wants_logged_are_not(models: dict[str, Trained], tmp_path: Path) -> None:
    directory = deployment(models, tmp_path, observability={"log_predictions": False})
    with scoring_server(directory) as running, Wire(running.port) as wire:
        wire.post("/predict", ROW)
        summary = Summary.decode(wire.get("/monitoring/v1/summary").body)
    assert (summary.logged, summary.dropped) == (0, 0)
    assert list((directory / "logs").iterdir()) == []


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ("{}", True),
        ("observability: {log_predictions: false}", False),
        ("observability: {steps: [metrics_logger]}", False),
        ("observability: {steps: [metrics_logger, predictions_logger]}", True),
        ("observability: {steps: [{type: predictions_logger, params: {enabled: false}}]}", False),
        ("observability: {log_predictions: false, steps: [predictions_logger]}", False),
        ("deployment: {}", True),
        ("", True),
    ],
)
def test_the_configuration_decides_about_the_log(tmp_path: Path, config: str, wanted: bool) -> None:
    (tmp_path / "config.yaml").write_text(config)
    assert configured_logging(tmp_path / "config.yaml") is wanted


def test_without_a_configuration_predictions_are_logged(tmp_path: Path) -> None:
    assert configured_logging(tmp_path / "config.yaml") is True
