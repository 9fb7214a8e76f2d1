"""What is recorded of a call, what the summaries say, and that a failing step harms nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from easy_mlops.observability import ModelMonitor, ObservabilityStep
from plugin_files import steps_restored

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """Leave the registry as it was."""
    with steps_restored():
        yield


def test_a_metrics_entry_has_time_version_and_metrics() -> None:
    monitor = ModelMonitor()
    monitor.log_metrics({"accuracy": 0.9, "f1_score": np.float64(0.5), "rows": np.int64(3)}, model_version="2.1.0")
    (entry,) = monitor.metrics_history
    assert TIME.fullmatch(entry.pop("timestamp"))
    assert entry == {"model_version": "2.1.0", "metrics": {"accuracy": 0.9, "f1_score": 0.5, "rows": 3}}


def test_a_prediction_entry_has_time_version_prediction_and_metadata() -> None:
    monitor = ModelMonitor()
    monitor.log_prediction({"age": 41}, "yes", metadata={"row": 1})
    monitor.log_prediction({"age": 41}, 0.5)
    first, second = monitor.predictions_log
    assert TIME.fullmatch(first.pop("timestamp"))
    assert first == {"model_version": "1.0.0", "prediction": "yes", "metadata": {"row": 1}}
    assert second["metadata"] == {}


@pytest.mark.parametrize(
    ("prediction", "kept"),
    [
        (1, 1),
        (0.5, 0.5),
        (True, True),
        ("yes", "yes"),
        (None, None),
        (float("nan"), None),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array(2.5), 2.5),
        ([1, 2], "[1, 2]"),
        (np.array([1, 2]), "[1 2]"),
        ({"a": 1}, "{'a': 1}"),
        (Decimal("1.5"), "1.5"),
        (10**30, "1" + "0" * 30),
    ],
)
def test_scalars_stay_and_everything_else_becomes_text(prediction: Any, kept: Any) -> None:
    monitor = ModelMonitor()
    monitor.log_prediction(None, prediction)
    assert monitor.predictions_log[0]["prediction"] == kept
    assert type(monitor.predictions_log[0]["prediction"]) is type(kept)


def test_empty_logs_say_so() -> None:
    monitor = ModelMonitor()
    assert monitor.get_metrics_summary() == {"message": "No metrics logged yet"}
    assert monitor.get_predictions_summary() == {"message": "No predictions logged yet"}
    assert (monitor.metrics_history, monitor.predictions_log) == ([], [])


def test_disabled_logs_say_so() -> None:
    monitor = ModelMonitor({"steps": ["metric_threshold"]})
    monitor.log_metrics({"accuracy": 0.9})
    monitor.log_prediction({}, 1)
    assert monitor.get_metrics_summary() == {"message": "Metrics logging disabled"}
    assert monitor.get_predictions_summary() == {"message": "Prediction logging disabled"}
    assert (monitor.metrics_history, monitor.predictions_log) == ([], [])


def test_the_metrics_summary_has_the_whole_last_entry_and_no_trends_of_one() -> None:
    monitor = ModelMonitor()
    monitor.log_metrics({"accuracy": 0.9})
    (entry,) = monitor.metrics_history
    assert monitor.get_metrics_summary() == {
        "latest_metrics": entry,
        "total_logs": 1,
        "first_log": entry["timestamp"],
        "last_log": entry["timestamp"],
    }


def test_trends_have_mean_population_deviation_and_extremes_of_the_numbers_there_are() -> None:
    monitor = ModelMonitor()
    monitor.log_metrics({"accuracy": 0.8, "rmse": float("nan"), "note": "first"})
    monitor.log_metrics({"accuracy": 0.9})
    monitor.log_metrics({"accuracy": 1.0, "rmse": 0.5})
    assert monitor.get_metrics_summary()["trends"] == {
        "accuracy": {"mean": pytest.approx(0.9), "std": pytest.approx(0.081649658), "min": 0.8, "max": 1.0},
        "rmse": {"mean": 0.5, "std": 0.0, "min": 0.5, "max": 0.5},
    }


@pytest.mark.parametrize("size", [1.9e154, 1.7e308])
def test_trends_of_very_large_numbers_are_numbers(size: float) -> None:
    monitor = ModelMonitor()
    for value in (size, -size):
        monitor.log_metrics({"huge": value})
    assert monitor.get_metrics_summary()["trends"]["huge"] == {"mean": 0.0, "std": size, "min": -size, "max": size}


def test_the_predictions_summary_has_the_total_and_the_last_five() -> None:
    monitor = ModelMonitor()
    for number in range(7):
        monitor.log_prediction({}, number)
    entries = monitor.predictions_log
    assert monitor.get_predictions_summary() == {
        "total_predictions": 7,
        "first_prediction": entries[0]["timestamp"],
        "last_prediction": entries[6]["timestamp"],
        "recent_predictions": entries[2:],
    }


def test_nothing_stored_changes_when_anyone_changes_their_dicts() -> None:
    monitor = ModelMonitor()
    metrics, metadata = {"accuracy": 0.9}, {"tags": ["a"]}
    monitor.log_metrics(metrics)
    monitor.log_prediction({}, 1, metadata=metadata)
    metrics["accuracy"] = 0.0
    metadata["tags"].append("b")
    monitor.metrics_history[0]["metrics"]["accuracy"] = 0.0
    monitor.predictions_log.clear()
    monitor.get_metrics_summary()["latest_metrics"]["metrics"].clear()
    monitor.get_predictions_summary()["recent_predictions"][0]["metadata"]["tags"].append("c")
    assert monitor.metrics_history[0]["metrics"] == {"accuracy": 0.9}
    assert monitor.predictions_log[0]["metadata"] == {"tags": ["a"]}


@pytest.mark.parametrize("bad", [{"when": object()}, {"tags": {1, 2}}, ["a"], "text"])
def test_metadata_that_is_not_json_is_refused_and_nothing_is_recorded(bad: Any) -> None:
    monitor = ModelMonitor()
    monitor.log_prediction({}, 1, metadata={"row": 1})
    with pytest.raises(TypeError, match="metadata"):
        monitor.log_prediction({}, 2, metadata=bad)
    assert [entry["prediction"] for entry in monitor.predictions_log] == [1]


@pytest.mark.parametrize("bad", [{"accuracy": object()}, [0.9], 0.9])
def test_metrics_that_are_not_json_are_refused_and_nothing_is_recorded(bad: Any) -> None:
    monitor = ModelMonitor()
    with pytest.raises(TypeError, match="metrics"):
        monitor.log_metrics(bad)
    assert monitor.metrics_history == []


class Failing(ObservabilityStep):
    """Fails on every call and spoils what it is handed."""

    name = "failing"

    def on_log_metrics(self, metrics: dict[str, Any], model_version: str) -> None:
        metrics.clear()
        raise ConnectionError("no route")

    def on_log_prediction(
        self, input_data: Any, prediction: Any, model_version: str, metadata: dict[str, Any] | None = None
    ) -> None:
        (metadata or {}).clear()
        raise ConnectionError("no route")


def test_a_step_that_raises_keeps_no_other_from_recording_and_is_named() -> None:
    ModelMonitor.register_step(Failing)
    monitor = ModelMonitor({"steps": ["failing", "metrics_logger", "failing", "predictions_logger"]})
    with pytest.raises(ConnectionError, match="no route") as caught:
        monitor.log_metrics({"accuracy": 0.9})
    assert caught.value.__notes__ == ["in observability step 'failing' (on_log_metrics)"]
    with pytest.raises(ConnectionError):
        monitor.log_prediction({}, 1, metadata={"row": 1})
    assert monitor.metrics_history[0]["metrics"] == {"accuracy": 0.9}
    assert monitor.predictions_log[0]["metadata"] == {"row": 1}


def test_a_custom_step_sees_what_was_logged_as_it_was_logged() -> None:
    seen: list[Any] = []

    class Watching(ObservabilityStep):
        name = "watching"

        def on_log_metrics(self, metrics: dict[str, Any], model_version: str) -> None:
            seen.append((metrics, model_version))

        def on_log_prediction(
            self, input_data: Any, prediction: Any, model_version: str, metadata: dict[str, Any] | None = None
        ) -> None:
            seen.append((input_data, prediction, model_version, metadata))

    ModelMonitor.register_step(Watching)
    monitor = ModelMonitor({"steps": ["watching"]})
    row = object()
    monitor.log_metrics({"accuracy": float("inf")}, "2")
    monitor.log_prediction(row, [1, 2], "2")
    assert seen == [({"accuracy": float("inf")}, "2"), (row, [1, 2], "2", None)]


def test_a_custom_step_may_keep_the_summaries() -> None:
    class Counting(ObservabilityStep):
        name = "counting"

        def get_predictions_summary(self) -> dict[str, Any]:
            return {"total_predictions": 3}

    ModelMonitor.register_step(Counting)
    monitor = ModelMonitor({"steps": ["counting"]})
    assert monitor.get_predictions_summary() == {"total_predictions": 3}
    assert monitor.get_metrics_summary() == {"message": "Metrics logging disabled"}
