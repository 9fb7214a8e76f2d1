"""Amounts of CPU, memory and storage in the form in which the API server gives them back.

`1024Mi` comes back as `1Gi` and `0.5` as `500m`. Writing that form in the first place keeps what we want and what
is there comparable as text (k8s.io/apimachinery, `resource.Quantity.CanonicalizeBytes`).
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

_BINARY: Final = {"Ki": 1024, "Mi": 1024**2, "Gi": 1024**3, "Ti": 1024**4, "Pi": 1024**5, "Ei": 1024**6}
_DECIMAL: Final = {
    "m": Fraction(1, 1000), "": Fraction(1), "k": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9),
    "T": Fraction(10**12), "P": Fraction(10**15), "E": Fraction(10**18),
}  # fmt: skip
_FORM: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")


def amount(text: str) -> Fraction:
    """The number that a quantity stands for. Raises `ValueError` when it is not one."""
    found = _FORM.fullmatch(text)
    if not found:
        raise ValueError(f"is not a quantity: {text[:40]!r}")
    suffix = found[2] or ""
    return Fraction(found[1]) * (_BINARY[suffix] if suffix in _BINARY else _DECIMAL[suffix])


def canonical(text: str) -> str:
    """The quantity as the API server writes it. Raises `ValueError` when it is not one."""
    value = amount(text)
    if text.endswith("i") and value >= 1024 and value.denominator == 1:
        suffix = max((name for name, size in _BINARY.items() if value % size == 0), key=_BINARY.__getitem__, default="")
        return f"{value / _BINARY[suffix] if suffix else value}{suffix}"
    if value == 0:
        return "0"
    whole = [suffix for suffix, size in _DECIMAL.items() if (value / size).denominator == 1]
    if not whole:  # finer than a thousandth: the API server rounds up, and so do we
        return f"{-(-value // _DECIMAL['m'])}m"
    suffix = max(whole, key=_DECIMAL.__getitem__)
    return f"{value / _DECIMAL[suffix]}{suffix}"
