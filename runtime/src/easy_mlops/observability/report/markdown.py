"""The report as Markdown, for a pull request or a wiki; histories are drawn with block characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from easy_mlops.charts import Series
from easy_mlops.observability.report.content import (
    MEASURED_HEAD,
    Report,
    decimals,
    limit_text,
    measured_rows,
    told,
    trend_rows,
)
from easy_mlops.observability.report.layers import LAYERS_HEAD, RUNBOOK_HEAD, layer_rows

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_LONGEST: Final = 24
_MEANT: Final = re.compile(r"([\\`*_{}\[\]()#+!|~$])")


def to_markdown(report: Report) -> str:
    """Both summaries, what was measured and the verdicts, as tables."""
    evaluations = [
        (
            item.name,
            item.state,
            decimals(item.value),
            limit_text(item) or item.message,
            item.severity or "-",
            item.source or "-",
        )
        for item in report.evaluations
    ]
    lines = [
        "# Model monitoring report",
        "",
        *(f"- {plain(name)}: {plain(value)}" for name, value in report.subject.items()),
        *([""] if report.subject else []),
        f"**{plain(report.verdict())}**{_also(report.unjudged())}",
        "",
        "## Layers",
        "",
        *table(LAYERS_HEAD, layer_rows(report.evaluations, report.measured), ""),
        "",
        "## Thresholds",
        "",
        *table(("Rule", "Verdict", "Value", "Limit", "Severity", "From"), evaluations, "Nothing to judge yet."),
        "",
        *_history(report.series),
        "## Metrics",
        "",
        plain(told(report.metrics)),
    ]
    if "message" not in report.metrics:
        head = ("Metric", "Latest", "Mean", "Std", "Min", "Max")
        lines += ["", *table(head, trend_rows(report.metrics), "No metrics.")]
    if report.measured:
        lines += ["", "## Measured", "", *table(MEASURED_HEAD, measured_rows(report.measured), "")]
    lines += ["", "## Predictions", "", plain(told(report.predictions))]
    if "message" not in report.predictions:
        rows = [(entry["timestamp"], entry["prediction"]) for entry in report.predictions["recent_predictions"]]
        lines += ["", *table(("Time", "Prediction"), rows, "No predictions.")]
    if report.runbook:
        lines += ["", "## Runbook", "", *table(RUNBOOK_HEAD, report.runbook, "")]
    return "\n".join(lines)


def _history(series: Sequence[Series]) -> list[str]:
    rows = [
        (one.name, _spark(one), one.count, decimals(one.low.value), decimals(one.high.value), decimals(one.last.value))
        for one in series
        if one.low and one.high and one.last
    ]
    if not rows:
        return []
    return ["## History", "", *table(("Metric", "History", "Values", "Lowest", "Highest", "Latest"), rows, ""), ""]


def _spark(series: Series) -> str:
    """The history in a few characters, each the value at its place in the order of entries."""
    values = [point.value for run in series.in_order() for point in run]
    if len(values) > _LONGEST:
        values = [values[number * (len(values) - 1) // (_LONGEST - 1)] for number in range(_LONGEST)]
    low, span = min(values), max(values) - min(values)
    return "".join(_BLOCKS[int((value - low) / span * (len(_BLOCKS) - 1))] if span else _BLOCKS[3] for value in values)


def table(head: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> list[str]:
    """The lines of a table, or those of `empty` when it has no rows."""
    lines = [f"| {' | '.join(plain(cell) for cell in row)} |" for row in rows]
    if not lines:
        return [empty]
    return [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *lines]


def _also(unjudged: str) -> str:
    return f" ({unjudged})" if unjudged else ""


def plain(cell: object) -> str:
    """Text that Markdown shows as it is, in one line; nothing is a dash."""
    text = escape(" ".join(str("-" if cell is None else cell).split()), quote=False)
    return _MEANT.sub(r"\\\1", text)
