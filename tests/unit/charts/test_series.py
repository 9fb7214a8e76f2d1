"""A series keeps the outline of any history in bounded memory, and its statistics exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from easy_mlops.charts import Point, Series
from easy_mlops.charts.series import MOST_STRETCHES
from hypothesis import given
from hypothesis import strategies as st


def series_of(values: Sequence[tuple[float, float | None]]) -> Series:
    series = Series("a")
    for x, value in values:
        series.add(x, value)
    return series


def test_a_short_history_is_kept_as_it_is() -> None:
    series = series_of([(0.0, 1.0), (1.0, 3.0), (2.0, 2.0)])
    assert series.along_axis() == [[Point(0.0, 1.0), Point(1.0, 3.0), Point(2.0, 2.0)]]
    assert (series.count, series.missing, series.low, series.high) == (3, 0, Point(0.0, 1.0), Point(1.0, 3.0))


def test_a_value_that_is_not_a_number_is_a_gap_and_counted() -> None:
    series = series_of([(0.0, 1.0), (1.0, None), (2.0, math.nan), (3.0, math.inf), (4.0, 2.0)])
    assert series.along_axis() == [[Point(0.0, 1.0)], [Point(4.0, 2.0)]]
    assert (series.count, series.missing) == (5, 3)


def test_a_series_of_gaps_has_no_points() -> None:
    series = series_of([(0.0, None), (1.0, math.nan)])
    assert (series.along_axis(), series.in_order(), series.last) == ([], [], None)


def test_values_of_one_moment_can_be_distinguished_by_their_order() -> None:
    series = series_of([(5.0, float(number)) for number in range(4)])
    assert series.in_order() == [[Point(number, float(number)) for number in range(4)]]


def test_a_spike_in_a_long_history_is_kept() -> None:
    series = series_of([(float(number), 9.0 if number == 54_321 else 0.5) for number in range(100_000)])
    points = [point for run in series.along_axis() for point in run]
    assert Point(54_321.0, 9.0) in points
    assert len(points) <= 2 * MOST_STRETCHES + 1


def test_a_burst_does_not_hide_later_values() -> None:
    burst = [(number / 1000, 0.5) for number in range(20_000)]
    later = [(3600.0 * number, float(number)) for number in range(1, 11)]
    points = [point for run in series_of(burst + later).along_axis() for point in run]
    assert [point for point in points if point.x >= 3600] == [Point(x, value) for x, value in later]


@given(
    st.lists(
        st.tuples(st.floats(-1e10, 1e10), st.none() | st.floats(allow_infinity=True, allow_nan=True)), max_size=900
    )
)
def test_whatever_is_added_the_outline_is_bounded_in_order_and_has_the_extremes(
    values: list[tuple[float, float | None]],
) -> None:
    series = series_of(values)
    finite = [value for _, value in values if value is not None and math.isfinite(value)]
    assert series.count == len(values)
    assert series.missing == len(values) - len(finite)
    for runs in (series.along_axis(), series.in_order()):
        points = [point for run in runs for point in run]
        assert len(points) <= 2 * MOST_STRETCHES + 1
        assert all(one.x <= other.x for one, other in pairwise(points))
        if finite:
            assert min(finite) == min(point.value for point in points)
            assert max(finite) == max(point.value for point in points)
