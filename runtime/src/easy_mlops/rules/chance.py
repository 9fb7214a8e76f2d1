"""How large a stability index is by chance alone, so that a limit suits any number of rows. Pure Python.

For n rows with the reference's own distribution, over B bins that were counted in M rows, psi / (1/n + 1/M) follows
χ²(B − 1) (Yurdakul, *Statistical Properties of Population Stability Index*, 2018). With few rows, the half row that is
added to each count keeps the index lower than that: the limit is then exceeded by chance less often than stated.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache

from easy_mlops.rules.figure import Figure


def chance_limit(bins: int, rows: int, reference_rows: int, alpha: float) -> float | None:
    """The stability index that `rows` rows exceed by chance with probability `alpha`.

    None without a row on either side, or with a single bin.
    """
    if bins < 2 or rows < 1 or reference_rows < 1:
        return None
    return chi2_quantile(bins - 1, alpha) * (1 / rows + 1 / reference_rows)


def figure_limit(figure: Figure, alpha: float) -> float | None:
    """The stability index that rows such as the figure's exceed by chance with probability `alpha`, if it is known."""
    return chance_limit(figure.bins, figure.samples or 0, figure.reference_rows, alpha)


def farthest_beyond_chance(figures: Iterable[Figure], alpha: float) -> list[Figure]:
    """The figures of several columns, the one that chance explains least first."""
    return sorted(figures, key=lambda item: beyond(item.value, figure_limit(item, alpha)), reverse=True)


def beyond(value: float | None, limit: float | None) -> float:
    """The value divided by its limit; 0 if either is unknown."""
    return (value or 0.0) / (limit or math.inf)


@lru_cache(maxsize=1024)
def chi2_quantile(freedom: int, alpha: float) -> float:
    """The value that χ² with `freedom` degrees of freedom exceeds with probability `alpha`, between 0 and 1."""
    low, high = 0.0, 1.0
    while _exceeds(high, freedom) > alpha:
        low, high = high, 2 * high
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        if _exceeds(middle, freedom) > alpha:
            low = middle
        else:
            high = middle
    return high


def _exceeds(value: float, freedom: int) -> float:
    """The probability that χ² is larger: a finite sum for a whole number of degrees of freedom."""
    half = value / 2
    odd = freedom % 2
    terms = (
        math.exp((k + odd / 2) * math.log(half) - half - math.lgamma(k + 1 + odd / 2))
        for k in range((freedom - odd) // 2)
    )
    return (math.erfc(math.sqrt(half)) if odd else 0.0) + math.fsum(terms)
