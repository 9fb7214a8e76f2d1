"""Segments: where they lie, when they are durable, and that a full disk, a crash or a neighbour loses nothing."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from easy_mlops.logs import SegmentWriter, read_segments
from processes import python, run_python, run_together


def files(root: Path) -> list[Path]:
    return sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())


def record(number: int, ts: str = "2026-11-21T21:00:00.000Z") -> dict[str, object]:
    return {"id": str(number), "ts": ts, "prediction": number}


def numbers(root: Path) -> list[int]:
    return [found["prediction"] for found in read_segments(root, "predictions")]


def test_a_record_is_in_the_hour_of_its_time(tmp_path: Path) -> None:
    with SegmentWriter(tmp_path, "predictions", writer="churn-7d9f-abcde") as writer:
        writer.append(record(1, "2026-11-21T21:59:59.999Z"))
    (path,) = files(tmp_path)
    assert re.fullmatch(r"predictions/dt=2026-11-21/h=21/churn-7d9f-abcde-[0-9a-f]+-000000\.jsonl", str(path))


@pytest.mark.parametrize(
    ("ts", "hour"),
    [
        ("2026-11-22T00:30:00+01:00", "dt=2026-11-21/h=23"),
        ("2026-11-21 21:04:05", "dt=2026-11-21/h=21"),
        ("2026-11-21T21:04:05.123456", "dt=2026-11-21/h=21"),
    ],
)
def test_times_of_any_zone_are_filed_in_utc(tmp_path: Path, ts: str, hour: str) -> None:
    with SegmentWriter(tmp_path, "metrics") as writer:
        writer.append({"ts": ts})
    assert str(files(tmp_path)[0].parent) == f"metrics/{hour}"


def test_nothing_touches_the_disk_before_the_first_record(tmp_path: Path) -> None:
    with SegmentWriter(tmp_path / "logs", "predictions") as writer:
        writer.flush()
    assert not (tmp_path / "logs").exists()


def test_flushed_records_can_be_read(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "predictions")
    for number in range(3):
        writer.append(record(number))
    writer.flush()
    assert numbers(tmp_path) == [0, 1, 2]
    assert (writer.logged, writer.pending, writer.unsynced) == (3, 0, False)
    writer.close()


def test_a_writer_goes_on_in_its_file_after_close(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "predictions")
    for number in range(3):
        writer.append(record(number))
        writer.close()
    assert len(files(tmp_path)) == 1
    assert numbers(tmp_path) == [0, 1, 2]


def test_a_writer_whose_file_was_deleted_starts_another(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "predictions")
    writer.append(record(0))
    writer.close()
    (tmp_path / files(tmp_path)[0]).unlink()
    writer.append(record(1))
    writer.close()
    assert numbers(tmp_path) == [1]


def test_a_segment_that_is_long_enough_is_followed_by_another(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, "predictions", segment_bytes=100)
    for number in range(6):
        writer.append(record(number))
        writer.flush()
    writer.close()
    assert len(files(tmp_path)) == 3
    assert numbers(tmp_path) == list(range(6))


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"prediction": 1}, TypeError),
        ({"ts": "yesterday"}, ValueError),
        ({"ts": "2026-11-21T21:00:00Z", "x": {1}}, TypeError),
    ],
)
def test_a_record_that_cannot_be_encoded_is_refused(
    tmp_path: Path, bad: dict[str, object], error: type[Exception]
) -> None:
    writer = SegmentWriter(tmp_path, "predictions")
    with pytest.raises(error):
        writer.append(bad)
    writer.close()
    assert files(tmp_path) == []


def test_a_full_disk_loses_and_doubles_nothing_and_leaves_whole_lines(tmp_path: Path) -> None:
    """The file size limit cuts a write off in the middle, as a full disk does."""
    code = """
        import resource, signal, sys
        from easy_mlops.logs import SegmentWriter
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
        writer = SegmentWriter(sys.argv[1], "predictions")
        for number in range(100):
            writer.append({"ts": "2026-11-21T21:00:00Z", "prediction": number})
            try:
                writer.flush()
            except OSError:
                assert open(writer.path, "rb").read().endswith(b"\\n")
        assert writer.pending
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        writer.close()
        assert (writer.logged, writer.pending) == (100, 0)
    """
    run_python(code, tmp_path)
    assert numbers(tmp_path) == list(range(100))


def test_a_kill_loses_nothing_that_was_flushed(tmp_path: Path) -> None:
    code = """
        import sys
        from easy_mlops.logs import SegmentWriter, now
        writer = SegmentWriter(sys.argv[1], "predictions")
        number = 0
        while True:
            for i in range(50):
                writer.append({"ts": now(), "prediction": number + i, "pad": "x" * 200})
            writer.flush()
            number += 50
            print(number)
    """
    with python(code, tmp_path) as process:
        assert process.stdout
        acknowledged = 0
        for line in process.stdout:
            acknowledged = int(line)
            if acknowledged >= 1000:
                process.send_signal(signal.SIGKILL)
                break
    found = numbers(tmp_path)
    assert len(found) >= acknowledged
    assert found == list(range(len(found)))


def test_processes_write_at_once_while_a_reader_looks_on(tmp_path: Path) -> None:
    code = """
        import sys
        from easy_mlops.logs import SegmentWriter, now, read_segments
        root, me = sys.argv[1], int(sys.argv[2])
        seen = 0
        with SegmentWriter(root, "predictions") as writer:
            for number in range(200):
                writer.append({"ts": now(), "prediction": me * 1000 + number})
                writer.flush()
                if number % 50 == 0:
                    records = list(read_segments(root, "predictions"))
                    assert len(records) >= seen
                    seen = len(records)
    """
    run_together(code, 4, tmp_path)
    assert sorted(numbers(tmp_path)) == [me * 1000 + number for me in range(4) for number in range(200)]
    assert len(files(tmp_path)) == 4


def test_a_fork_writes_a_file_of_its_own(tmp_path: Path) -> None:
    code = """
        import os, sys
        from easy_mlops.logs import SegmentWriter
        writer = SegmentWriter(sys.argv[1], "predictions")
        writer.append({"ts": "2026-11-21T21:00:00Z", "prediction": 0})
        writer.flush()
        child = os.fork()
        for number in range(1, 50):
            writer.append({"ts": f"2026-11-21T21:00:{number:02}Z", "prediction": number + 100 * (child == 0)})
            writer.flush()
        writer.close()
        if child == 0:
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    """
    run_python(code, tmp_path)
    assert len(files(tmp_path)) == 2
    assert sorted(numbers(tmp_path)) == [*range(50), *range(101, 150)]
