"""Reading segments: whole lines, in the order of time, and no more of them than is asked for."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from easy_mlops.logs import SegmentWriter, read_segments
from hypothesis import given
from hypothesis import strategies as st
from processes import bytes_read

HOUR = Path("predictions/dt=2026-11-21/h=21")


def write(root: Path, name: str, content: bytes) -> None:
    path = root / HOUR / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def line(number: int) -> bytes:
    return b'{"ts":"2026-11-21T21:%02d:%02d.000Z","n":%d}\n' % (number // 60 % 60, number % 60, number)


def numbers(records: Any) -> list[int]:
    return [record["n"] for record in records]


def test_a_directory_without_logs_has_no_records(tmp_path: Path) -> None:
    found = read_segments(tmp_path / "missing", "predictions")
    assert (list(found), found.count(), found.first(), found.last(5), bool(found)) == ([], 0, None, [], False)


def test_what_stands_behind_the_last_newline_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, "a-1-0.jsonl", line(1) + line(2) + b'{"ts":"2026-11-21T21:00:0')
    found = read_segments(tmp_path, "predictions")
    assert numbers(found) == numbers(found.last(9)) == [1, 2]
    assert found.count() == 2


def test_temporary_files_are_ignored(tmp_path: Path) -> None:
    write(tmp_path, "a-1-0.jsonl", line(1))
    write(tmp_path, "b-1-0.jsonl.tmp", line(2))
    assert numbers(read_segments(tmp_path, "predictions")) == [1]


def test_a_damaged_line_is_left_out_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, "a-1-0.jsonl", line(1) + b"\0\0\0\n" + b"[1]\n" + line(2))
    assert numbers(read_segments(tmp_path, "predictions")) == [1, 2]
    assert "a-1-0.jsonl has a damaged line" in caplog.text


def test_records_appended_after_the_reader_looked_are_not_read(tmp_path: Path) -> None:
    write(tmp_path, "a-1-0.jsonl", line(1))
    found = read_segments(tmp_path, "predictions")
    write(tmp_path, "a-1-0.jsonl", line(1) + line(2))
    assert numbers(found) == numbers(found.last(2)) == [1]
    assert found.count() == 1


def test_files_of_many_writers_are_read_in_the_order_of_time(tmp_path: Path) -> None:
    write(tmp_path, "z-1-0.jsonl", line(1) + line(4) + line(7))
    write(tmp_path, "a-1-0.jsonl", line(2) + line(3) + line(8))
    write(tmp_path, "m-1-0.jsonl", line(5) + line(6))
    found = read_segments(tmp_path, "predictions")
    assert numbers(found) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert numbers(found.last(3)) == [6, 7, 8]
    assert found.first() == {"ts": "2026-11-21T21:00:01.000Z", "n": 1}


def test_the_ends_of_a_long_log_are_read_without_the_rest(tmp_path: Path) -> None:
    write(tmp_path, "a-1-0.jsonl", b"".join(line(number) for number in range(400_000)))
    before = bytes_read()
    found = read_segments(tmp_path, "predictions")
    assert numbers(found.last(5)) == list(range(399_995, 400_000))
    assert found.first() is not None
    assert bytes_read() - before < 1024 * 1024
    assert found.count() == 400_000


events = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 40 * 3600), st.sampled_from(["append", "flush", "close"])), max_size=40
)


@given(events=events, n=st.integers(0, 50))
def test_whatever_writers_do_every_record_is_read_once_and_in_order(events: list[tuple[int, int, str]], n: int) -> None:
    """Writers append at rising times, as clocks do, over several hours."""
    events = sorted(events, key=lambda event: event[1])
    with TemporaryDirectory() as directory:
        writers = [SegmentWriter(directory, "predictions", writer=str(number)) for number in range(4)]
        for number, (who, second, after) in enumerate(events):
            day, hour = divmod(second // 3600, 24)
            ts = f"2026-11-{21 + day}T{hour:02}:{second // 60 % 60:02}:{second % 60:02}.{number:03}Z"
            writers[who].append({"ts": ts, "n": number})
            if after != "append":
                getattr(writers[who], after)()
        for writer in writers:
            writer.close()
        found = read_segments(directory, "predictions")
        everything = list(range(len(events)))
        assert numbers(found) == everything
        assert numbers(found.last(n)) == (everything[-n:] if n else [])
        assert found.count() == len(events)
        assert sum(writer.logged for writer in writers) == len(events)
