"""Quantiles from merged buckets."""

from __future__ import annotations

import pytest
from easy_mlops.monitoring.sketch import ALPHA, Sketch
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=200)


def sketch(values: list[float]) -> Sketch:
    found = Sketch()
    for value in values:
        found.add(value)
    return found


@given(VALUES, st.floats(0, 1))
def test_a_quantile_is_off_by_at_most_the_promised_share(values: list[float], q: float) -> None:
    exact = sorted(values)[int(q * (len(values) - 1))]
    assert sketch(values).quantile(q) == pytest.approx(exact, rel=ALPHA * 1.0001)


@given(VALUES, VALUES)
def test_merging_is_the_same_as_counting_all_in_one(one: list[float], other: list[float]) -> None:
    merged = sketch(one)
    merged.merge(sketch(other))
    assert merged.buckets == sketch(one + other).buckets
    assert merged.count == len(one) + len(other)


def test_an_empty_sketch_has_no_quantile() -> None:
    assert Sketch().quantile(0.5) is None


def test_what_is_too_small_to_tell_apart_shares_a_bucket() -> None:
    assert sketch([0.0, -1.0, 1e-9]).buckets == sketch([0.001] * 3).buckets
