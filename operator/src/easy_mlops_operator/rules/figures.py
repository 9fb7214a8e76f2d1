"""Live figures: what the scoring pods counted, as the metrics that rules name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from easy_mlops.config.errors import did_you_mean
from easy_mlops.monitoring.summary import Window

from easy_mlops_operator.api.conditions import NoVerdict
from easy_mlops_operator.api.decimals import decimal
from easy_mlops_operator.api.v1alpha1 import MAX_TOP, Layer


@dataclass(frozen=True)
class Figure:
    """A metric's value and the samples behind it, or why it has none.

    `samples` is None for a count, which is known however small it is, and for a held-out metric.
    """

    value: float | None
    samples: int | None = None
    reason: str = ""
    why: str = ""
    top: tuple[str, ...] = ()


def _count(value: int) -> Figure:
    return Figure(float(value))


def _rate(part: int, whole: int) -> Figure:
    return Figure(part / whole if whole else None, whole)


def _latency(q: float) -> Callable[[Window, str | None], Figure]:
    return lambda window, _: Figure(window.latency_ms.quantile(q), window.latency_ms.count)


def _null_rate(window: Window, column: str | None) -> Figure:
    if column is not None and column not in window.nulls and window.rows:
        why = f"no scoring pod tells of a column {column!r}; {did_you_mean(column, list(window.nulls)[:20])}"
        return Figure(None, reason=NoVerdict.UNKNOWN_COLUMN, why=why)
    if not window.rows:
        return Figure(None, 0)
    if column is not None:
        return _rate(window.nulls[column], window.rows)
    worst = sorted(window.nulls.items(), key=lambda item: (-item[1], item[0]))[:MAX_TOP]
    top = tuple(f"{name} {decimal(nulls / window.rows)}" for name, nulls in worst if nulls)
    return Figure(max((nulls for _, nulls in worst), default=0) / window.rows, window.rows, top=top)


LIVE: Final[dict[str, tuple[Layer, Callable[[Window, str | None], Figure]]]] = {
    "request_count": ("system", lambda window, _: _count(window.requests)),
    "error_rate": ("system", lambda window, _: _rate(window.errors, window.requests)),
    "availability": ("system", lambda window, _: _rate(window.requests - window.errors, window.requests)),
    "p50_latency_ms": ("system", _latency(0.50)),
    "p95_latency_ms": ("system", _latency(0.95)),
    "p99_latency_ms": ("system", _latency(0.99)),
    "row_count": ("data", lambda window, _: _count(window.rows)),
    "null_rate": ("data", _null_rate),
}
"""Metrics of the scoring pods: the layer, and the figure of a window (for one column)."""
