"""Live figures: what the scoring pods counted, as the metrics that rules name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Final

from easy_mlops.config.errors import did_you_mean
from easy_mlops.monitoring.chance import against_chance
from easy_mlops.monitoring.drift import BY_COLUMN, ColumnValue, Drift, by_column
from easy_mlops.monitoring.summary import Summary, Window

from easy_mlops_operator.api.conditions import NoVerdict
from easy_mlops_operator.api.decimals import decimal
from easy_mlops_operator.api.status import MAX_TOP, Layer


@dataclass(frozen=True)
class Figure:
    """A metric's value and the samples behind it, or why it has none.

    `samples` is None for a count, which is known however small it is, and for a held-out metric. `column` is the one
    that the value is of, where a rule has not said which; `limit` is what it exceeds by chance, if that is asked for.
    """

    value: float | None
    samples: int | None = None
    reason: str = ""
    why: str = ""
    top: tuple[str, ...] = ()
    column: str = ""
    limit: float | None = None


def _count(value: int) -> Figure:
    return Figure(float(value))


def _rate(part: int, whole: int) -> Figure:
    return Figure(part / whole if whole else None, whole)


Reader = Callable[[Summary, str, str | None], Figure]
"""The figure of a summary, one of its windows, and a column; None is the worst one."""


def _of_window(read: Callable[[Window], Figure]) -> Reader:
    return lambda summary, window, _: read(summary.windows[window])


def _latency(q: float) -> Reader:
    return _of_window(lambda window: Figure(window.latency_ms.quantile(q), window.latency_ms.count))


def _null_rate(summary: Summary, name: str, column: str | None) -> Figure:
    window = summary.windows[name]
    if column is not None and column not in window.nulls and window.rows:
        return _unknown(column, window.nulls, 0)
    if not window.rows:
        return Figure(None, 0)
    if column is not None:
        return _rate(window.nulls[column], window.rows)
    worst = sorted(window.nulls.items(), key=lambda item: (-item[1], item[0]))[:MAX_TOP]
    top = tuple(f"{name} {decimal(nulls / window.rows)}" for name, nulls in worst if nulls)
    return Figure(max((nulls for _, nulls in worst), default=0) / window.rows, window.rows, top=top)


def _against_reference(of: Callable[[Drift], list[ColumnValue]]) -> Reader:
    def read(summary: Summary, window: str, column: str | None) -> Figure:
        if not summary.reference:
            return Figure(None, reason=NoVerdict.NO_REFERENCE, why="has no reference: the model's metadata has none")
        found = of(summary.drift(window))
        if column is not None:
            found = [item for item in found if item.column == column]
            if not found:
                return _unknown(column, summary.reference, summary.left_out)
        if not found:
            return Figure(None, reason=NoVerdict.NO_REFERENCE, why="is of no column of this model")
        worst = found[0]
        top = tuple(f"{item.column} {decimal(item.value)}" for item in found[:MAX_TOP] if item.value)
        why = "cannot be compared: the pods count by other bins than the reference has"
        return Figure(worst.value, worst.samples, NoVerdict.NO_REFERENCE, why, top, worst.column, worst.limit)

    return read


def by_chance(alpha: float) -> Reader:
    """The stability index of the column that chance explains least, with the limit that is exceeded so rarely."""
    return _against_reference(partial(against_chance, alpha=alpha))


def _schema_mismatch(summary: Summary, name: str, _: str | None) -> Figure:
    window = summary.windows[name]
    if not window.requests:
        return Figure(None, 0)
    worst = sorted(window.mismatches.items(), key=lambda item: (-item[1], item[0]))[:MAX_TOP]
    top = tuple(f"{column} {count}" for column, count in worst)
    return Figure(float(bool(worst)), window.requests, top=top, column=worst[0][0] if worst else "")


def _unknown(column: str, known: Collection[str], left_out: int) -> Figure:
    unsaid = f"; {left_out} columns are left out of the summary for want of room" if left_out else ""
    why = f"has no column {column!r} that a scoring pod tells of; {did_you_mean(column, list(known)[:20])}{unsaid}"
    return Figure(None, reason=NoVerdict.UNKNOWN_COLUMN, why=why)


LIVE: Final[dict[str, tuple[Layer, Reader]]] = {
    "request_count": ("system", _of_window(lambda window: _count(window.requests))),
    "error_rate": ("system", _of_window(lambda window: _rate(window.errors, window.requests))),
    "availability": ("system", _of_window(lambda window: _rate(window.requests - window.errors, window.requests))),
    "p50_latency_ms": ("system", _latency(0.50)),
    "p95_latency_ms": ("system", _latency(0.95)),
    "p99_latency_ms": ("system", _latency(0.99)),
    "row_count": ("data", _of_window(lambda window: _count(window.rows))),
    "null_rate": ("data", _null_rate),
    "schema_hash_mismatch": ("data", _schema_mismatch),
    **{metric: ("data", _against_reference(partial(by_column, metric))) for metric in BY_COLUMN},
}
"""Metrics of the scoring pods: the layer, and the figure of a window (for one column)."""
