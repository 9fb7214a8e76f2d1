"""Numbers and times as they are written in status."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from easy_mlops_operator.api.decimals import decimal
from easy_mlops_operator.api.times import parse_time, rfc3339
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.9511804, "0.95118"),
        (250.0, "250"),
        (1234567.0, "1.23457e+06"),
        (0.000012345678, "1.23457e-05"),
        (-0.0, "0"),
        (1, "1"),
        (math.nan, "NaN"),
        (math.inf, "Inf"),
        (-math.inf, "-Inf"),
    ],
)
def test_decimals(value: float, text: str) -> None:
    assert decimal(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_short_and_near(value: float) -> None:
    text = decimal(value)
    assert len(text) <= 13
    assert math.isclose(float(text), value, rel_tol=5.1e-6, abs_tol=1e-300)
    assert decimal(float(text)) == text


def test_times_are_utc_in_whole_seconds() -> None:
    moment = datetime(2026, 11, 24, 12, 0, 0, 999999, tzinfo=timezone(timedelta(hours=2)))
    assert rfc3339(moment) == "2026-11-24T10:00:00Z"


@pytest.mark.parametrize("text", ["2026-11-24T10:00:00Z", "2026-11-24T12:00:00+02:00"])
def test_times_are_read_with_their_zone(text: str) -> None:
    assert parse_time(text) == datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.mark.parametrize("text", [None, "", "yesterday", 7, "2026-11-24T10:00:00"])
def test_what_is_no_time_is_none(text: object) -> None:
    assert parse_time(text) is None
