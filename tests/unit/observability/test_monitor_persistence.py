"""Saving and loading: nothing is lost or doubled, whoever saves and however often."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from easy_mlops.logs import BackgroundWriter, now
from easy_mlops.observability import ModelMonitor, ObservabilityStep
from saved_logs import export, monitor_with, saved


def test_save_then_load_is_the_identity(tmp_path: Path) -> None:
    monitor = monitor_with(range(10))
    monitor.log_prediction({}, None, model_version="2", metadata={"a": [1, {"b": None}], "ü": "\n"})
    monitor.log_metrics({"accuracy": 0.9, "rmse": float("nan"), "matrix": [[1, 2], [3, 4]]})
    monitor.save_logs(tmp_path)
    loaded = ModelMonitor()
    loaded.load_logs(tmp_path)
    assert loaded.predictions_log == monitor.predictions_log
    assert loaded.metrics_history == monitor.metrics_history
    assert loaded.get_metrics_summary() == monitor.get_metrics_summary()
    assert loaded.get_predictions_summary() == monitor.get_predictions_summary()
    assert loaded.generate_report() == monitor.generate_report()


def test_save_returns_the_paths_of_the_exports_which_hold_the_entries(tmp_path: Path) -> None:
    monitor = monitor_with(range(3))
    monitor.log_metrics({"accuracy": 0.9})
    paths = monitor.save_logs(str(tmp_path / "logs"))
    assert paths == {
        "metrics": str(tmp_path / "logs" / "metrics_history.json"),
        "predictions": str(tmp_path / "logs" / "predictions_log.json"),
    }
    assert export(tmp_path / "logs") == monitor.predictions_log
    assert export(tmp_path / "logs", "metrics_history.json") == monitor.metrics_history


def test_empty_logs_are_empty_arrays(tmp_path: Path) -> None:
    ModelMonitor().save_logs(tmp_path)
    assert export(tmp_path) == export(tmp_path, "metrics_history.json") == []


def test_a_log_that_is_disabled_is_not_written(tmp_path: Path) -> None:
    assert list(ModelMonitor({"log_predictions": False}).save_logs(tmp_path)) == ["metrics"]
    assert not (tmp_path / "predictions_log.json").exists()


def test_two_runs_of_20_rows_are_40_entries(tmp_path: Path) -> None:
    monitor_with(range(20)).save_logs(tmp_path)
    monitor_with(range(20, 40)).save_logs(tmp_path)
    assert saved(tmp_path) == list(range(40))
    assert [entry["prediction"] for entry in export(tmp_path)] == list(range(40))


def test_saving_twice_doubles_nothing(tmp_path: Path) -> None:
    monitor = monitor_with(range(3))
    monitor.save_logs(tmp_path)
    monitor.save_logs(tmp_path)
    monitor.log_prediction({}, 3)
    monitor.save_logs(tmp_path)
    assert saved(tmp_path) == [0, 1, 2, 3]
    assert len(list(tmp_path.rglob("*.jsonl"))) == 1


def test_what_was_loaded_is_followed_by_what_is_logged_and_only_that_is_added(tmp_path: Path) -> None:
    monitor_with(range(3)).save_logs(tmp_path)
    monitor = ModelMonitor()
    monitor.load_logs(tmp_path)
    monitor.log_prediction({}, 3)
    assert monitor.get_predictions_summary()["total_predictions"] == 4
    monitor.save_logs(tmp_path)
    assert saved(tmp_path) == [0, 1, 2, 3]


def test_loading_keeps_what_was_logged_and_not_saved(tmp_path: Path) -> None:
    monitor_with(range(3)).save_logs(tmp_path)
    monitor = monitor_with(range(3, 5))
    monitor.load_logs(tmp_path)
    assert [entry["prediction"] for entry in monitor.predictions_log] == [0, 1, 2, 3, 4]


def test_what_was_loaded_is_saved_to_another_directory_once(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    monitor_with(range(3)).save_logs(here)
    for _ in range(2):
        monitor = ModelMonitor()
        monitor.load_logs(here)
        monitor.save_logs(there)
        monitor.save_logs(there)
    assert saved(there) == [0, 1, 2]


def test_a_directory_that_someone_emptied_gets_everything_again(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    monitor = monitor_with(range(3))
    monitor.save_logs(logs)
    shutil.rmtree(logs)
    monitor.save_logs(logs)
    assert saved(logs) == [0, 1, 2]


def test_exports_hold_the_newest_entries_up_to_their_limit(tmp_path: Path) -> None:
    monitor_with(range(1200)).save_logs(tmp_path)
    assert [entry["prediction"] for entry in export(tmp_path)] == list(range(200, 1200))
    assert len(saved(tmp_path)) == 1200


def test_the_limit_of_the_exports_is_a_parameter(tmp_path: Path) -> None:
    monitor = ModelMonitor({"steps": [{"type": "predictions_logger", "params": {"export_limit": 2}}]})
    for number in range(5):
        monitor.log_prediction({}, number)
    monitor.save_logs(tmp_path)
    assert [entry["prediction"] for entry in export(tmp_path)] == [3, 4]


def test_loading_nothing_is_no_error(tmp_path: Path) -> None:
    assert saved(tmp_path / "missing") == []
    assert not (tmp_path / "missing").exists()


def test_what_a_scoring_pod_logged_is_read_with_its_details_as_metadata(tmp_path: Path) -> None:
    with BackgroundWriter(tmp_path, "predictions") as writer:
        writer.enqueue({"id": "x1", "ts": now(), "model_version": "1.0.0", "prediction": "yes", "score": 0.9})
    monitor = ModelMonitor()
    monitor.load_logs(tmp_path)
    (entry,) = monitor.predictions_log
    assert entry["prediction"] == "yes"
    assert entry["metadata"] == {"id": "x1", "score": 0.9}


def test_a_custom_step_saves_and_loads_its_own_files(tmp_path: Path) -> None:
    class Marking(ObservabilityStep):
        name = "marking"
        loaded = ""

        def save(self, output_dir: Path) -> dict[str, str]:
            path = output_dir / "mark.txt"
            path.write_text("mine")
            return {"mark": str(path)}

        def load(self, log_dir: Path) -> None:
            self.loaded = (log_dir / "mark.txt").read_text()

    monitor, step = ModelMonitor(), Marking()
    monitor.steps.append(step)
    assert monitor.save_logs(tmp_path)["mark"] == str(tmp_path / "mark.txt")
    monitor.load_logs(tmp_path)
    assert step.loaded == "mine"


def test_a_step_that_cannot_save_keeps_no_other_from_saving(tmp_path: Path) -> None:
    class Failing(ObservabilityStep):
        name = "failing"

        def save(self, output_dir: Path) -> dict[str, str]:
            raise PermissionError("not mine")

    monitor = monitor_with(range(3))
    monitor.steps.insert(0, Failing())
    with pytest.raises(PermissionError, match="not mine") as caught:
        monitor.save_logs(tmp_path)
    assert "failing" in caught.value.__notes__[0]
    assert saved(tmp_path) == [0, 1, 2]
