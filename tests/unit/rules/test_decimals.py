"""Numbers as text: six digits, and more only where they are needed."""

from __future__ import annotations

import math

import pytest
from easy_mlops.rules.decimals import decimal, distinguishing_digits, exact, order
from hypothesis import given
from hypothesis import strategies as st

FINITE = st.floats(allow_nan=False, allow_infinity=False)


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


@given(FINITE)
def test_an_exact_text_reads_back_as_the_number(value: float) -> None:
    assert float(exact(value)) == value


@given(FINITE | st.just(0.95).map(lambda limit: math.nextafter(limit, 0)), st.just(0.95) | FINITE, st.booleans())
def test_texts_compare_as_the_numbers_do(value: float, limit: float, rounds_limits: bool) -> None:
    digits = distinguishing_digits(value, [limit], rounds_limits=rounds_limits)
    shown = decimal(limit, digits) if rounds_limits else exact(limit)
    assert order(float(decimal(value, digits)), float(shown)) == order(value, limit)


@pytest.mark.parametrize(
    ("value", "limit", "digits"), [(0.9, 0.95, 6), (0.9499999, 0.95, 7), (0.95, 0.95, 6), (0.1 + 0.2, 0.3, 17)]
)
def test_there_are_more_than_six_digits_only_where_they_are_needed(value: float, limit: float, digits: int) -> None:
    assert distinguishing_digits(value, [limit]) == digits
