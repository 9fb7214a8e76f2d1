"""Which columns a summary includes when not all fit: those that moved most; it says how many are omitted."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from easy_mlops.monitoring.bins import BY_COLUMN, Drift, by_column
from easy_mlops.monitoring.summary import SUMMARY_LIMIT, Summary, column_form, compact

_SPARE: Final = 64
"""Bytes for what is not counted exactly: the digits of `left_out`, and braces."""


def limit_columns(summary: Summary, limit: int = SUMMARY_LIMIT) -> Summary:
    """The summary with only as many columns of `drift` as fit into `limit` bytes, the farthest moved first."""
    if len(summary.encode()) <= limit:
        return summary
    names = _farthest_first(summary)
    free = limit - len(_only(summary, set()).encode()) - _SPARE
    included: set[str] = set()
    for name in names:
        free -= _bytes(summary, name)
        if free < 0:
            break
        included.add(name)
    return _only(summary, included)


def _only(summary: Summary, columns: set[str]) -> Summary:
    windows = {
        name: replace(window, drift={column: counts for column, counts in window.drift.items() if column in columns})
        for name, window in summary.windows.items()
    }
    reference = {column: bins for column, bins in summary.reference.items() if column in columns}
    left_out = len(summary.reference) - len(reference)
    return replace(summary, windows=windows, reference=reference, left_out=left_out)


def _bytes(summary: Summary, name: str) -> int:
    """The size of a column: in each window and in the reference, its quoted name, a colon, its counts and a comma."""
    key = len(compact(name)) + 2
    windows = [window.drift[name] for window in summary.windows.values() if name in window.drift]
    bins = summary.reference.get(name, ())
    return sum(key + len(compact(column_form(counts))) for counts in windows) + key + len(compact(bins))


def _farthest_first(summary: Summary) -> list[str]:
    """Columns by the worst of their metrics in the last hour, which includes every other window."""
    drift: Drift = summary.drift("1h")
    worst = dict.fromkeys(summary.reference, 0.0)
    for metric in BY_COLUMN:
        for figure in by_column(metric, drift):
            if figure.column in worst:
                worst[figure.column] = max(worst[figure.column], figure.value or 0.0)
    return sorted(worst, key=lambda name: -worst[name])
