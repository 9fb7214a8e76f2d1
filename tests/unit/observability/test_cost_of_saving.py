"""What saving and loading cost does not grow with the log, beyond a look at its segments."""

from __future__ import annotations

from pathlib import Path

from easy_mlops.observability import ModelMonitor
from processes import bytes_read
from saved_logs import monitor_with


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
