"""Quantities of CPU, memory and storage, and the canonical form in which the API server returns them.

`1024Mi` is returned as `1Gi`, and `0.5` as `500m`. Writing the canonical form in the first place makes desired and
observed quantities comparable as strings (k8s.io/apimachinery, `resource.Quantity.CanonicalizeBytes`).
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Final

_BINARY: Final = {f"{letter}i": Fraction(1024**power) for power, letter in enumerate("KMGTPE", start=1)}
_DECIMAL: Final = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    **{letter: Fraction(1000**power) for power, letter in enumerate("kMGTPE", start=1)},
}
_FORM: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?)(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]{1,2}))?")


def amount(text: str) -> Fraction:
    """The value of a quantity. Raises `ValueError` if it is not one, or is negative.

    >>> amount("1500m"), amount("1Ki")
    (Fraction(3, 2), Fraction(1024, 1))
    """
    match = _FORM.fullmatch(text)
    if not match:
        raise ValueError(f"is not a quantity: {text[:40]!r}")
    number, suffix, exponent = Fraction(match[1]), match[2] or "", int(match[3] or 0)
    return number * (_BINARY.get(suffix) or _DECIMAL[suffix]) * Fraction(10) ** exponent


def canonical(text: str) -> str:
    """The quantity in its canonical form. Raises `ValueError` if it is not one.

    Less than a thousandth is rounded up, as the API server does in pods and claims.

    >>> canonical("1024Mi"), canonical("0.5")
    ('1Gi', '500m')
    """
    value = Fraction(math.ceil(amount(text) * 1000), 1000)
    # Without a suffix the API server would read a number of bytes as decimal, and answer `960k` to `960000`.
    sizes = _BINARY if text.endswith("i") and value and value % 1024 == 0 else _DECIMAL
    whole = [suffix for suffix, size in sizes.items() if (value / size).denominator == 1]
    suffix = max(whole, key=sizes.__getitem__) if value else ""
    return f"{value / sizes[suffix]}{suffix}"
