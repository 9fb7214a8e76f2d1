"""Saving and loading: nothing is lost or doubled, whoever saves, however often, and however it ends."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from easy_mlops.logs import BackgroundWriter, now
from easy_mlops.observability import ModelMonitor, ObservabilityStep
from processes import bytes_read, python, run_python, run_together, waits_for_lock


def monitor_with(numbers: range) -> ModelMonitor:
    monitor = ModelMonitor()
    for number in numbers:
        monitor.log_prediction({}, number)
    return monitor


def saved(directory: Path) -> list[Any]:
    monitor = ModelMonitor()
    monitor.load_logs(directory)
    return [entry["prediction"] for entry in monitor.predictions_log]


def export(directory: Path, name: str = "predictions_log.json") -> list[dict[str, Any]]:
    found = json.loads((directory / name).read_text())
    assert isinstance(found, list)
    return found


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


def long_log(directory: Path, entries: int) -> int:
    """Write a segment of so many predictions; its length in bytes."""
    home = directory / "predictions/dt=2026-11-21/h=21"
    home.mkdir(parents=True)
    lines = (b'{"ts":"2026-11-21T21:00:00.000Z","prediction":%d,"metadata":{}}\n' % number for number in range(entries))
    return (home / "pod-1-0.jsonl").write_bytes(b"".join(lines))


def test_one_more_entry_costs_the_same_however_long_the_log_is(tmp_path: Path) -> None:
    read = []
    for entries in (20_000, 200_000):
        directory = tmp_path / str(entries)
        length = long_log(directory, entries)
        monitor = monitor_with(range(1))
        before = bytes_read()
        monitor.save_logs(directory)
        read.append(bytes_read() - before)
        written = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file()) - length
        assert written < 250_000  # the line, and the array of the newest 1,000
    assert read[1] < read[0] + 100_000
    assert read[1] < 1024 * 1024


def test_a_summary_of_a_long_log_reads_little_beyond_a_count(tmp_path: Path) -> None:
    size = long_log(tmp_path, 200_000)
    monitor = ModelMonitor()
    before = bytes_read()
    monitor.load_logs(tmp_path)
    summary = monitor.get_predictions_summary()
    assert summary["total_predictions"] == 200_000
    assert [entry["prediction"] for entry in summary["recent_predictions"]] == list(range(199_995, 200_000))
    assert bytes_read() - before < size + 2 * 1024 * 1024


class TestReleaseZeroFour:
    """Directories that make-mlops-easy 0.4 left behind: the two arrays, indented, times without a zone."""

    @pytest.fixture
    def logs(self, tmp_path: Path) -> Path:
        entries: list[dict[str, Any]] = [
            {
                "timestamp": f"2024-01-0{day}T12:00:00.123456",
                "model_version": "1.0.0",
                "prediction": day,
                "metadata": {},
            }
            for day in (1, 2, 3)
        ]
        history = (
            '[{"timestamp": "2024-01-01T12:00:00.1", "model_version": "1.0.0", "metrics": {"rmse": NaN, "mae": 0.1}}]'
        )
        (tmp_path / "predictions_log.json").write_text(json.dumps(entries, indent=2))
        (tmp_path / "metrics_history.json").write_text(history)
        return tmp_path

    def test_they_are_read(self, logs: Path) -> None:
        monitor = ModelMonitor()
        monitor.load_logs(logs)
        assert [entry["prediction"] for entry in monitor.predictions_log] == [1, 2, 3]
        assert monitor.metrics_history[0]["metrics"] == {"rmse": None, "mae": 0.1}
        assert monitor.get_predictions_summary()["first_prediction"] == "2024-01-01T12:00:00.123456"

    @pytest.mark.parametrize("load_first", [True, False])
    def test_saving_there_adds_to_what_there_is(self, logs: Path, load_first: bool) -> None:
        monitor = ModelMonitor()
        if load_first:
            monitor.load_logs(logs)
        monitor.log_prediction({}, 4)
        monitor.save_logs(logs)
        assert saved(logs) == [1, 2, 3, 4]
        assert [entry["prediction"] for entry in export(logs)] == [1, 2, 3, 4]
        assert [entry["metrics"] for entry in export(logs, "metrics_history.json")] == [{"rmse": None, "mae": 0.1}]

    def test_several_processes_take_them_over_once(self, logs: Path) -> None:
        code = """
            import sys
            from easy_mlops.observability import ModelMonitor
            monitor = ModelMonitor()
            monitor.log_prediction({}, 10 + int(sys.argv[2]))
            monitor.save_logs(sys.argv[1])
        """
        run_together(code, 4, logs)
        assert sorted(saved(logs)) == [1, 2, 3, 10, 11, 12, 13]

    def test_they_can_be_saved_elsewhere(self, logs: Path, tmp_path: Path) -> None:
        monitor = ModelMonitor()
        monitor.load_logs(logs)
        monitor.save_logs(tmp_path / "elsewhere")
        assert saved(tmp_path / "elsewhere") == [1, 2, 3]

    def test_an_entry_without_a_usable_time_is_kept(self, logs: Path) -> None:
        (logs / "predictions_log.json").write_text('[{"timestamp": "yesterday", "prediction": 1}, {"prediction": 2}]')
        monitor_with(range(3, 4)).save_logs(logs)
        assert sorted(saved(logs)) == [1, 2, 3]

    @pytest.mark.parametrize("content", ["[{", '{"a": 1}', "[1]"])
    def test_a_damaged_array_is_named_and_left_alone(self, logs: Path, content: str) -> None:
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


def test_many_processes_save_at_once_and_the_exports_are_always_valid(tmp_path: Path) -> None:
    code = """
        import json, pathlib, sys
        from easy_mlops.observability import ModelMonitor
        logs, me = pathlib.Path(sys.argv[1]), int(sys.argv[2])
        monitor = ModelMonitor()
        for number in range(10):
            monitor.log_prediction({}, 100 * me + number)
            monitor.log_metrics({"accuracy": number / 10})
            monitor.save_logs(logs)
            assert len(json.loads((logs / "predictions_log.json").read_text())) > number
    """
    run_together(code, 4, tmp_path)
    expected = [100 * me + number for me in range(4) for number in range(10)]
    assert sorted(saved(tmp_path)) == expected
    assert sorted(entry["prediction"] for entry in export(tmp_path)) == expected
    assert len(export(tmp_path, "metrics_history.json")) == 40


def test_a_save_waits_for_that_of_another_process(tmp_path: Path) -> None:
    """Else an older export could replace a newer one, and arrays of release 0.4 be taken over twice."""
    monitor = monitor_with(range(3))
    waits_for_lock(tmp_path / ".lock", lambda: monitor.save_logs(tmp_path))
    assert saved(tmp_path) == [0, 1, 2]


def test_a_kill_loses_and_doubles_nothing_that_was_saved(tmp_path: Path) -> None:
    code = """
        import sys
        from easy_mlops.observability import ModelMonitor
        monitor = ModelMonitor()
        number = 0
        while True:
            for _ in range(50):
                monitor.log_prediction({}, number)
                number += 1
            monitor.save_logs(sys.argv[1])
            print(number)
    """
    with python(code, tmp_path) as process:
        assert process.stdout
        acknowledged = next(int(line) for line in process.stdout if int(line) >= 500)
        process.send_signal(signal.SIGKILL)
    found = saved(tmp_path)
    assert len(found) >= acknowledged
    assert found == list(range(len(found)))
    export(tmp_path)
    monitor_with(range(len(found), len(found) + 1)).save_logs(tmp_path)
    assert saved(tmp_path) == list(range(len(found) + 1))


def test_whoever_reads_while_savers_are_killed_meets_whole_files_only(tmp_path: Path) -> None:
    code = """
        import sys
        from easy_mlops.observability import ModelMonitor
        monitor = ModelMonitor()
        while True:
            monitor.log_prediction({}, "x" * 200)
            monitor.log_metrics({"accuracy": 0.9})
            monitor.save_logs(sys.argv[1])
            print("saved")
    """
    seen = 0
    for _ in range(3):
        with python(code, tmp_path) as process:
            assert process.stdout
            for number, _ in enumerate(process.stdout):
                entries = export(tmp_path)
                assert {entry["prediction"] for entry in entries} == {"x" * 200}
                found = saved(tmp_path)
                assert len(found) >= max(seen, len(entries))
                seen = len(found)
                if number == 5:
                    process.send_signal(signal.SIGKILL)
                    break
    assert len(saved(tmp_path)) >= 18


def test_a_save_that_fails_on_a_full_disk_is_completed_by_the_next(tmp_path: Path) -> None:
    code = """
        import resource, signal, sys
        from easy_mlops.observability import ModelMonitor
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        monitor = ModelMonitor()
        def limit(size):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        for number in range(100):
            monitor.log_prediction({}, number)
        limit(5000)
        for _ in range(2):
            try:
                monitor.save_logs(sys.argv[1])
            except OSError as error:
                assert "predictions_logger" in error.__notes__[0]
            else:
                raise AssertionError("saved beyond the limit")
        limit(resource.RLIM_INFINITY)
        monitor.log_prediction({}, 100)
        monitor.save_logs(sys.argv[1])
    """
    run_python(code, tmp_path)
    assert saved(tmp_path) == list(range(101))


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
