"""Scales, round values and round times, for any finite numbers."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from easy_mlops.charts.scale import Scale, padded, ticks, time_ticks
from hypothesis import example, given
from hypothesis import strategies as st

finite = st.floats(allow_nan=False, allow_infinity=False)


def seconds(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]


@given(st.lists(finite, min_size=1, max_size=20))
def test_any_values_have_a_scale_with_ticks_inside_it(values: list[float]) -> None:
    low, high = padded(values)
    assert low < high
    y = Scale(low, high, 180.0, 10.0)
    assert all(10.0 <= y(value) <= 180.0 for value in values)
    found = ticks(low, high)
    assert 1 <= len(found) <= 6
    assert all(9.9 <= y(value) <= 180.1 for value, _ in found)
    assert all(len(text) <= 12 for _, text in found)


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0.0, 1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0.861, 0.964, ["0.875", "0.900", "0.925", "0.950"]),
        (40.0, 310.0, ["100", "200", "300"]),
        (0.0, 3e7, ["0", "1e+07", "2e+07", "3e+07"]),
        (-1.0, 9.0, ["0", "2", "4", "6", "8"]),
        (0.0, 11.0, ["0.0", "2.5", "5.0", "7.5", "10.0"]),
    ],
)
def test_ticks_are_round_and_written_alike(low: float, high: float, texts: list[str]) -> None:
    assert [text for _, text in ticks(low, high)] == texts


@pytest.mark.parametrize(
    ("begin", "end", "texts"),
    [
        (
            seconds(2026, 11, 24, 9, 59, 58),
            seconds(2026, 11, 24, 10, 0, 20),
            [("10:00:00", "24 Nov 2026"), ("10:00:05", ""), ("10:00:10", ""), ("10:00:15", ""), ("10:00:20", "")],
        ),
        (
            seconds(2026, 11, 24, 20, 10),
            seconds(2026, 11, 25, 9),
            [("21:00", "24 Nov 2026"), ("00:00", "25 Nov 2026"), ("03:00", ""), ("06:00", ""), ("09:00", "")],
        ),
        (
            seconds(2026, 12, 28, 20),
            seconds(2027, 1, 2),
            [("29 Dec", "2026"), ("30 Dec", ""), ("31 Dec", ""), ("01 Jan", "2027"), ("02 Jan", "")],
        ),
        (
            seconds(2025, 11, 3),
            seconds(2026, 12, 3),
            [("Jan", "2026"), ("Apr", ""), ("Jul", ""), ("Oct", "")],
        ),
    ],
)
def test_times_are_round_and_say_of_which_day(begin: float, end: float, texts: list[tuple[str, str]]) -> None:
    assert [(above, under) for _, above, under in time_ticks(begin, end)] == texts


@given(st.floats(0, 4e9), st.floats(5, 4e9))
@example(5e-324, 6.0)
def test_times_are_few_and_inside(begin: float, span: float) -> None:
    found = list(time_ticks(begin, begin + span))
    assert len(found) <= 6
    assert all(begin <= place <= begin + span and math.isfinite(place) for place, _, _ in found)
