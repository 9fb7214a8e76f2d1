"""The request path's writer: takes records at once, counts what it must drop, loses nothing at an orderly end."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from easy_mlops.logs import BackgroundWriter, now, read_segments
from processes import eventually, python, run_python


def record(number: int) -> dict[str, object]:
    return {"ts": now(), "prediction": number}


def numbers(root: Path) -> list[int]:
    return [found["prediction"] for found in read_segments(root, "predictions")]


def test_records_reach_the_disk_by_themselves(tmp_path: Path) -> None:
    with BackgroundWriter(tmp_path, "predictions") as writer:
        assert all(writer.enqueue(record(number)) for number in range(10))
        eventually(lambda: numbers(tmp_path) == list(range(10)))
        writer.enqueue(record(10))
        eventually(lambda: numbers(tmp_path) == list(range(11)))


def test_flush_returns_when_everything_enqueued_is_durable(tmp_path: Path) -> None:
    with BackgroundWriter(tmp_path, "predictions") as writer:
        for number in range(1000):
            writer.enqueue(record(number))
        writer.flush()
        assert numbers(tmp_path) == list(range(1000))
        assert (writer.logged, writer.dropped) == (1000, 0)


def test_close_loses_nothing_and_what_comes_later_is_counted_as_dropped(tmp_path: Path) -> None:
    writer = BackgroundWriter(tmp_path, "predictions")
    for number in range(5000):
        writer.enqueue(record(number))
    writer.close()
    writer.close()
    assert numbers(tmp_path) == list(range(5000))
    assert writer.enqueue(record(5000)) is False
    assert (writer.logged, writer.dropped) == (5000, 1)


def test_the_caller_may_change_its_record_afterwards(tmp_path: Path) -> None:
    mine = record(1)
    with BackgroundWriter(tmp_path, "predictions") as writer:
        writer.enqueue(mine)
        mine["prediction"] = 2
    assert numbers(tmp_path) == [1]


def test_a_record_that_cannot_be_json_is_the_callers_error(tmp_path: Path) -> None:
    with BackgroundWriter(tmp_path, "predictions") as writer:
        with pytest.raises(TypeError):
            writer.enqueue({"ts": now(), "prediction": object()})
        assert (writer.logged, writer.dropped) == (0, 0)


def test_while_the_disk_refuses_records_wait_and_beyond_the_limit_are_dropped(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    root.write_text("a file where the directory should be")
    with BackgroundWriter(root, "predictions", queue_bytes=10_000) as writer:
        taken = [number for number in range(2000) if writer.enqueue(record(number))]
        with pytest.raises(OSError):
            writer.flush()
        taken += [number for number in range(2000, 4000) if writer.enqueue(record(number))]
        assert len(taken) + writer.dropped == 4000
        assert writer.dropped > 0
        root.unlink()
    assert numbers(root) == taken
    assert writer.logged == len(taken)


def test_what_the_disk_does_not_take_even_at_close_is_dropped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = tmp_path / "logs"
    root.write_text("a file where the directory should be")
    writer = BackgroundWriter(root, "predictions")
    for number in range(3):
        writer.enqueue(record(number))
    writer.close()
    assert (writer.logged, writer.dropped) == (0, 3)
    assert "3 log records are lost" in caplog.text


def test_sigterm_loses_nothing(tmp_path: Path) -> None:
    code = """
        import signal, sys
        from easy_mlops.logs import BackgroundWriter, now
        terminated = []
        signal.signal(signal.SIGTERM, lambda *_: terminated.append(True))
        writer = BackgroundWriter(sys.argv[1], "predictions")
        taken = 0
        while not terminated:
            taken += writer.enqueue({"ts": now(), "prediction": taken})
            if taken == 1000:
                print("running")
        writer.close()
        assert writer.logged == taken
        print(taken)
    """
    with python(code, tmp_path) as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        taken = int(process.stdout.read())
        assert process.wait() == 0
    assert read_segments(tmp_path, "predictions").count() == taken


def test_an_exit_without_close_loses_nothing(tmp_path: Path) -> None:
    code = """
        import sys
        from easy_mlops.logs import BackgroundWriter, now
        writer = BackgroundWriter(sys.argv[1], "predictions")
        for number in range(100):
            writer.enqueue({"ts": now(), "prediction": number})
        sys.exit(0)
    """
    run_python(code, tmp_path)
    assert numbers(tmp_path) == list(range(100))


def test_a_kill_leaves_a_whole_beginning_of_what_was_enqueued(tmp_path: Path) -> None:
    code = """
        import sys
        from easy_mlops.logs import BackgroundWriter, now
        writer = BackgroundWriter(sys.argv[1], "predictions")
        number = 0
        while True:
            number += writer.enqueue({"ts": now(), "prediction": number, "pad": "x" * 100})
            if number % 100 == 0:
                print(writer.logged)
    """
    with python(code, tmp_path) as process:
        assert process.stdout
        logged = next(int(line) for line in process.stdout if int(line) > 0)
        process.send_signal(signal.SIGKILL)
    found = numbers(tmp_path)
    assert len(found) >= logged
    assert found == list(range(len(found)))
