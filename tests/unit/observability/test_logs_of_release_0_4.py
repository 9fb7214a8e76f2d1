"""Directories that make-mlops-easy 0.4 left behind: the two arrays, indented, times without a zone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from easy_mlops.observability import ModelMonitor
from processes import run_together
from saved_logs import export, monitor_with, saved


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    entries: list[dict[str, Any]] = [
        {
            "timestamp": f"2024-01-0{day}T12:00:00.123456",
            "model_version": "1.0.0",
            "prediction": day,
            "metadata": {},
        }
        for day in (1, 2, 3)
    ]
    history = '[{"timestamp": "2024-01-01T12:00:00.1", "model_version": "1.0.0", "metrics": {"rmse": NaN, "mae": 0.1}}]'
    (tmp_path / "predictions_log.json").write_text(json.dumps(entries, indent=2))
    (tmp_path / "metrics_history.json").write_text(history)
    return tmp_path


def test_they_are_read(logs: Path) -> None:
    monitor = ModelMonitor()
    monitor.load_logs(logs)
    assert [entry["prediction"] for entry in monitor.predictions_log] == [1, 2, 3]
    assert monitor.metrics_history[0]["metrics"] == {"rmse": None, "mae": 0.1}
    assert monitor.get_predictions_summary()["first_prediction"] == "2024-01-01T12:00:00.123456"


@pytest.mark.parametrize("load_first", [True, False])
def test_saving_there_adds_to_what_there_is(logs: Path, load_first: bool) -> None:
    monitor = ModelMonitor()
    if load_first:
        monitor.load_logs(logs)
    monitor.log_prediction({}, 4)
    monitor.save_logs(logs)
    assert saved(logs) == [1, 2, 3, 4]
    assert [entry["prediction"] for entry in export(logs)] == [1, 2, 3, 4]
    assert [entry["metrics"] for entry in export(logs, "metrics_history.json")] == [{"rmse": None, "mae": 0.1}]


def test_several_processes_take_them_over_once(logs: Path) -> None:
    code = """
        import sys
        from easy_mlops.observability import ModelMonitor
        monitor = ModelMonitor()
        monitor.log_prediction({}, 10 + int(sys.argv[2]))
        monitor.save_logs(sys.argv[1])
    """
    run_together(code, 4, logs)
    assert sorted(saved(logs)) == [1, 2, 3, 10, 11, 12, 13]


def test_they_can_be_saved_elsewhere(logs: Path, tmp_path: Path) -> None:
    monitor = ModelMonitor()
    monitor.load_logs(logs)
    monitor.save_logs(tmp_path / "elsewhere")
    assert saved(tmp_path / "elsewhere") == [1, 2, 3]


def test_an_entry_without_a_usable_time_is_kept(logs: Path) -> None:
    (logs / "predictions_log.json").write_text('[{"timestamp": "yesterday", "prediction": 1}, {"prediction": 2}]')
    monitor_with(range(3, 4)).save_logs(logs)
    assert sorted(saved(logs)) == [1, 2, 3]


@pytest.mark.parametrize("content", ["[{", '{"a": 1}', "[1]"])
def test_a_damaged_array_is_named_and_left_alone(logs: Path, content: str) -> None:
    path = logs / "predictions_log.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="predictions_log"):
        ModelMonitor().load_logs(logs)
    monitor = monitor_with(range(1))
    with pytest.raises(ValueError, match="predictions_log"):
        monitor.save_logs(logs)
    assert path.read_text() == content
    path.unlink()
    monitor.save_logs(logs)
    assert saved(logs) == [0]
