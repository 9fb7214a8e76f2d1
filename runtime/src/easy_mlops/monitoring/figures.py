"""What scoring pods counted, as the figures that rules judge. Pure Python: the operator reads them here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Final

from easy_mlops.config.errors import did_you_mean
from easy_mlops.monitoring.bins import BY_COLUMN, by_column, null_rates
from easy_mlops.monitoring.summary import Summary, Window
from easy_mlops.rules.chance import farthest_beyond_chance
from easy_mlops.rules.decimals import decimal
from easy_mlops.rules.figure import Figure, NoDataReason
from easy_mlops.rules.rule import EffectiveRule

MOST_TOP: Final = 3
"""Contributions that a figure lists."""

Reader = Callable[[Summary, EffectiveRule], Figure]
"""The figure of a summary that a rule asks for: its window, and its column or the worst one."""


def live_figure(summary: Summary, rule: EffectiveRule) -> Figure:
    """The figure that a rule on a metric of `LIVE` judges."""
    return LIVE[rule.metric](summary, rule)._replace(window=rule.window)


def unknown_column(column: str, known: Collection[str], omitted: int = 0) -> Figure:
    """The figure of a metric of a column for which there is none; `omitted` columns are not in the summary."""
    more = f"; {omitted} columns are omitted: summary size limit" if omitted else ""
    explanation = f"is not measured; {did_you_mean(column, list(known)[:20])}{more}"
    return Figure(None, reason=NoDataReason.UNKNOWN_COLUMN, explanation=explanation)


def _of_window(read: Callable[[Window], Figure]) -> Reader:
    return lambda summary, rule: read(summary.windows[rule.window])


def _count(value: int) -> Figure:
    return Figure(float(value))


def _rate(part: int, whole: int) -> Figure:
    return Figure(part / whole if whole else None, whole)


def _latency(q: float) -> Reader:
    return _of_window(lambda window: Figure(window.latency_ms.quantile(q), window.latency_ms.count))


def _null_rate(summary: Summary, rule: EffectiveRule) -> Figure:
    window = summary.windows[rule.window]
    figures = null_rates(window.nulls, window.rows)
    if not window.rows or (not figures and rule.column is None):
        return _rate(0, window.rows)
    return _worst(figures, rule, window.nulls)


def _against_reference(metric: str, summary: Summary, rule: EffectiveRule) -> Figure:
    if not summary.reference:
        explanation = "has no reference: the model's metadata has none"
        return Figure(None, reason=NoDataReason.NO_REFERENCE, explanation=explanation)
    figures = by_column(metric, summary.drift(rule.window))
    if rule.alpha is not None:
        figures = farthest_beyond_chance(figures, rule.alpha)
    if not figures and rule.column is None:
        explanation = "applies to no column of this model"
        return Figure(None, reason=NoDataReason.NO_REFERENCE, explanation=explanation)
    worst = _worst(figures, rule, summary.reference, summary.left_out)
    if worst.value is None and not worst.reason:
        explanation = "cannot be compared: the pods count over other bins than those of the reference"
        return worst._replace(reason=NoDataReason.NO_REFERENCE, explanation=explanation)
    return worst


def _worst(figures: Sequence[Figure], rule: EffectiveRule, known: Collection[str], omitted: int = 0) -> Figure:
    """The figure of the rule's column or of the worst one, with the largest contributions."""
    if rule.column is not None:
        figures = [item for item in figures if item.column == rule.column]
    if not figures:
        return unknown_column(rule.column or "", known, omitted)
    top = tuple(f"{item.column} {decimal(item.value)}" for item in figures[:MOST_TOP] if item.value)
    return figures[0]._replace(top=top)


def _schema_mismatch(summary: Summary, rule: EffectiveRule) -> Figure:
    window = summary.windows[rule.window]
    if not window.read:
        return Figure(None, 0)
    worst = sorted(window.mismatches.items(), key=lambda item: (-item[1], item[0]))[:MOST_TOP]
    top = tuple(f"{column} {count}" for column, count in worst)
    return Figure(float(bool(worst)), window.read, worst[0][0] if worst else None, top=top)


LIVE: Final[Mapping[str, Reader]] = {
    "request_count": _of_window(lambda window: _count(window.requests)),
    "error_rate": _of_window(lambda window: _rate(window.errors, window.asked)),
    "rejected_rate": _of_window(lambda window: _rate(window.rejected, window.requests)),
    "availability": _of_window(lambda window: _rate(window.asked - window.errors, window.asked)),
    "p50_latency_ms": _latency(0.50),
    "p95_latency_ms": _latency(0.95),
    "p99_latency_ms": _latency(0.99),
    "row_count": _of_window(lambda window: _count(window.rows)),
    "null_rate": _null_rate,
    "schema_hash_mismatch": _schema_mismatch,
    **{metric: partial(_against_reference, metric) for metric in BY_COLUMN},
}
"""Formulas of the metrics that scoring pods count; each has a row in `rules.metrics`."""
