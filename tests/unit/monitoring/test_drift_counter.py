"""The scoring pod's counts against the reference, and which of them fit into a summary."""

from __future__ import annotations

import random
import threading

import pytest
from easy_mlops.monitoring.bins import ColumnReference
from easy_mlops.monitoring.drift_counter import CHUNK_CELLS, DriftCounter
from easy_mlops.monitoring.request_counter import RequestCounter
from easy_mlops.monitoring.summary import SUMMARY_LIMIT, WINDOWS, Summary
from easy_mlops.monitoring.summary_limit import limit_columns


class Clock:
    """Time that the test moves."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def numbers(*names: str) -> list[ColumnReference]:
    edges = tuple(float(edge) for edge in range(9))
    return [ColumnReference(name, (100,) * 10 + (0,), edges=edges, mean=4.0, std=3.0) for name in names]


def test_rows_are_in_every_window_at_once() -> None:
    live = DriftCounter(["a", "b"], numbers("b"), Clock())
    live.add([(1.0, 2.5), (1.0, None)])
    for counts in live.windows().values():
        assert list(counts) == ["b"]
        assert counts["b"].bins == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]
        assert counts["b"].shift == pytest.approx(-0.5)


@pytest.mark.parametrize("name", WINDOWS)
def test_rows_leave_a_window_by_the_time_at_which_they_came(name: str) -> None:
    clock = Clock()
    live = DriftCounter(["a"], numbers("a"), clock)
    live.add([(1.0,)])  # not counted before somebody asks
    clock.now += WINDOWS[name] + 60
    live.add([(2.0,)])
    assert live.windows()[name]["a"].rows == 1


def test_many_rows_are_counted_bit_by_bit_and_all_of_them() -> None:
    live = DriftCounter(["a"], numbers("a"), Clock())
    live.add([(float(value % 10),) for value in range(3 * CHUNK_CELLS)])
    assert live.windows()["1h"]["a"].rows == 3 * CHUNK_CELLS


def test_one_thread_adds_while_another_reads() -> None:
    live = DriftCounter(["a"], numbers("a"))

    def add() -> None:
        for _ in range(2000):
            live.add([(1.0,)] * 7)

    adding = threading.Thread(target=add)
    adding.start()
    seen = [live.windows()["1h"]["a"].rows for _ in range(50)]
    adding.join()
    assert seen == sorted(seen)
    assert live.windows()["1h"]["a"].rows == 14_000


def wide(columns: int) -> Summary:
    """A busy pod with a wide model: the last column has moved, the others are as in training."""
    names = [f"feature_{number:03}" for number in range(columns)]
    clock = Clock()
    live, drift = RequestCounter(names, clock), DriftCounter(names, numbers(*names), clock)
    chance = random.Random(1)
    for _ in range(2000):
        row = (*(chance.choice([None, *range(10)]) for _ in names[1:]), 99.0)
        live.count(chance.lognormvariate(1, 1), rows=1, nulls={0: 1})
        drift.add([row])
    windows = live.windows()
    for name, counts in drift.windows().items():
        windows[name].drift = counts
    return Summary("d" * 64, "1.0.0", windows, reference=drift.reference)


def test_a_model_of_usual_width_is_reported_completely() -> None:
    summary = wide(60)
    assert limit_columns(summary) is summary
    assert len(summary.encode()) <= SUMMARY_LIMIT


def test_of_500_features_those_that_moved_are_reported_and_the_number_of_others() -> None:
    told = limit_columns(wide(500))
    raw = told.encode()
    assert 0.95 * SUMMARY_LIMIT < len(raw) <= SUMMARY_LIMIT
    read = Summary.decode(raw)
    assert "feature_499" in read.reference
    assert read.windows["5m"].drift.keys() == read.reference.keys()
    assert len(read.reference) + read.left_out == 500
    assert len(read.reference) > 80
