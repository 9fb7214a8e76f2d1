"""Numbers as text: six significant digits, and more only where the text would otherwise contradict the numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

SIGNIFICANT_DIGITS: Final = 6
_MOST_DIGITS: Final = 17
"""Significant digits that distinguish any two floating-point numbers."""


def decimal(value: float, digits: int = SIGNIFICANT_DIGITS) -> str:
    """`0.9511804` → `0.95118`, `250.0` → `250`; NaN and infinities keep their names (`NaN`, `Inf`, `-Inf`)."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    return f"{value:.{digits}g}" if value else "0"


def exact(value: float) -> str:
    """The shortest text of at least six significant digits that reads back as the same number.

    Examples
    --------
    >>> exact(0.95), exact(0.123456789)
    ('0.95', '0.123456789')
    """
    texts = (decimal(value, digits) for digits in range(SIGNIFICANT_DIGITS, _MOST_DIGITS))
    return next((text for text in texts if float(text) == value), decimal(value, _MOST_DIGITS))


def distinguishing_digits(value: float, limits: Iterable[float], *, rounds_limits: bool = False) -> int:
    """How many significant digits of a value it takes for the texts to compare with the limits as the numbers do.

    The limits' texts are exact, or with `rounds_limits` have as many digits as the value.

    Examples
    --------
    >>> distinguishing_digits(0.9499999, [0.95])
    7
    """
    limits = list(limits)
    for digits in range(SIGNIFICANT_DIGITS, _MOST_DIGITS):
        shown = float(decimal(value, digits))
        texts = (float(decimal(limit, digits)) if rounds_limits else limit for limit in limits)
        if all(order(shown, text) == order(value, limit) for text, limit in zip(texts, limits, strict=True)):
            return digits
    return _MOST_DIGITS


def order(one: float, other: float) -> int:
    """How two numbers compare: -1, 0 or 1."""
    return (one > other) - (one < other)
