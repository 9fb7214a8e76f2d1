"""The report as Markdown, for a pull request or a wiki."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from easy_mlops.observability.report.content import Report, decimals, limit_text


def to_markdown(report: Report) -> str:
    """Both summaries and the verdicts as tables."""
    evaluations = [
        (item.name, item.state, decimals(item.value), limit_text(item) or item.message, item.source or "-")
        for item in report.evaluations
    ]
    lines = [
        "# Model monitoring report",
        "",
        "## Thresholds",
        "",
        *_table(("Metric", "Verdict", "Value", "Limit", "From"), evaluations, "Nothing to judge yet."),
        "",
        "## Metrics",
        "",
        *_metrics(report.metrics),
        "",
        "## Predictions",
        "",
        *_predictions(report.predictions),
    ]
    return "\n".join(lines)


def _metrics(summary: Mapping[str, Any]) -> list[str]:
    if "message" in summary:
        return [str(summary["message"])]
    trends: Mapping[str, Any] = summary.get("trends") or {}
    rows = [
        (name, decimals(value), *(decimals((trends.get(name) or {}).get(key)) for key in ("mean", "std", "min", "max")))
        for name, value in summary["latest_metrics"]["metrics"].items()
    ]
    told = f"{summary['total_logs']} entries from {summary['first_log']} to {summary['last_log']}."
    return [told, "", *_table(("Metric", "Latest", "Mean", "Std", "Min", "Max"), rows, "No metrics.")]


def _predictions(summary: Mapping[str, Any]) -> list[str]:
    if "message" in summary:
        return [str(summary["message"])]
    rows = [(entry["timestamp"], entry["prediction"]) for entry in summary["recent_predictions"]]
    told = (
        f"{summary['total_predictions']} predictions from {summary['first_prediction']} "
        f"to {summary['last_prediction']}. The last ones:"
    )
    return [told, "", *_table(("Time", "Prediction"), rows, "None.")]


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]], without: str) -> list[str]:
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        return [without]
    return [_row(head), _row(["---"] * len(head)), *map(_row, cells)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: Any) -> str:
    """A value that cannot break out of its cell, nor become markup."""
    text = "-" if value is None else str(value)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for sign in "\\`*_|[]":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
