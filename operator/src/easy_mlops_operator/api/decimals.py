"""Numbers in status: texts of at most six significant digits, so that no client rounds them in its own way."""

from __future__ import annotations

import math

SIGNIFICANT_DIGITS = 6


def decimal(value: float) -> str:
    """`0.9511804` → `0.95118`, `250.0` → `250`; NaN and infinities keep their names (`NaN`, `Inf`, `-Inf`)."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    text = f"{value:.{SIGNIFICANT_DIGITS}g}"
    return "0" if float(text) == 0 else text
