"""Several processes save to one directory, are killed, meet a full disk: nothing is lost, doubled or half there."""

from __future__ import annotations

import signal
from pathlib import Path

from processes import python, run_python, run_together, waits_for_lock
from saved_logs import export, monitor_with, saved


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
