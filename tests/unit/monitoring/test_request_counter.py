"""Windows of a scoring pod's counts."""

from __future__ import annotations

import pytest
from easy_mlops.monitoring.outcome import RequestOutcome
from easy_mlops.monitoring.request_counter import FAILING_AFTER, RequestCounter
from easy_mlops.monitoring.summary import MAX_COLUMNS, MAX_MISMATCHES, SUMMARY_LIMIT, WINDOWS, Summary
from hypothesis import given
from hypothesis import strategies as st


class Clock:
    """Time that the test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_request_is_in_every_window_at_once(clock: Clock) -> None:
    live = RequestCounter(["a", "b"], clock)
    live.count(12.0, rows=3, nulls={1: 2})
    for window in live.windows().values():
        assert (window.requests, window.errors, window.rows) == (1, 0, 3)
        assert window.nulls == {"a": 0, "b": 2}
        assert window.latency_ms.count == 1


def test_a_rejected_request_is_counted_apart_and_without_a_latency(clock: Clock) -> None:
    live = RequestCounter(["a"], clock)
    live.count(None, RequestOutcome.REJECTED, is_read=False)
    live.count(1.0, RequestOutcome.FAILED)
    live.count(1.0, RequestOutcome.MODEL_FAILED, cause="no")
    window = live.windows()["1m"]
    assert (window.requests, window.rejected, window.read, window.errors) == (3, 1, 2, 2)
    assert window.asked == 2
    assert window.latency_ms.count == 2


def test_a_model_that_fails_on_some_requests_in_a_row_is_failing_until_it_scores_one(clock: Clock) -> None:
    live = RequestCounter(["a"], clock)
    for number in range(FAILING_AFTER):
        assert live.failing == ""
        live.count(1.0, RequestOutcome.MODEL_FAILED, cause=f"cause {number}")
    assert live.failing == f"cause {FAILING_AFTER - 1}"
    for outcome in (RequestOutcome.REJECTED, RequestOutcome.FAILED):
        live.count(None, outcome)
        assert live.failing
    live.count(1.0)
    assert live.failing == ""


@pytest.mark.parametrize("name", WINDOWS)
def test_a_request_leaves_a_window_after_its_length_and_at_most_one_slot_more(clock: Clock, name: str) -> None:
    seconds = WINDOWS[name]
    live = RequestCounter(["a"], clock)
    live.count(1.0)
    clock.now += seconds
    assert live.windows()[name].requests == 1
    clock.now += 60 if name == "1h" else 10
    assert live.windows()[name].requests == 0


def test_a_night_without_requests_leaves_nothing_behind(clock: Clock) -> None:
    live = RequestCounter(["a"], clock)
    for _ in range(1000):
        live.count(1.0, rows=1, nulls={0: 1})
        clock.now += 1
    clock.now += 12 * 3600
    assert all(window.requests == window.rows == window.nulls["a"] == 0 for window in live.windows().values())


@given(st.lists(st.tuples(st.floats(0, 900), st.integers(0, 5)), max_size=40))
def test_a_window_holds_exactly_what_its_slots_cover(steps: list[tuple[float, int]]) -> None:
    clock = Clock()
    live = RequestCounter(["a"], clock)
    counted: list[tuple[float, int]] = []
    for pause, rows in steps:
        clock.now += pause
        live.count(1.0, rows=rows, nulls={0: rows} if rows else {})
        counted.append((clock.now, rows))
    for name, seconds in WINDOWS.items():
        slot = 60 if name == "1h" else 10
        first = (clock.now // slot) * slot - seconds
        window = live.windows()[name]
        assert window.requests == sum(1 for at, _ in counted if at >= first)
        assert window.rows == window.nulls["a"] == sum(rows for at, rows in counted if at >= first)


def test_a_very_wide_model_tells_its_emptiest_columns_within_the_limit(clock: Clock) -> None:
    names = [f"column {i} " + "x" * 40 for i in range(2000)]
    live = RequestCounter(names, clock)
    for i in range(3000):
        live.count(0.001 * 1.02**i if i < 1500 else 5.0, rows=1, nulls={1999: 1}, mismatches=[f"{i}é" * 80])
    raw = Summary("d" * 64, "1.0.0", live.windows()).encode()
    assert len(raw) <= SUMMARY_LIMIT
    window = Summary.decode(raw).windows["1h"]
    assert window.nulls[names[1999]] == 3000
    assert 90 < len(window.nulls) <= MAX_COLUMNS
    assert len(window.mismatches) == MAX_MISMATCHES
    assert list(window.nulls) == sorted(window.nulls, key=names.index)
