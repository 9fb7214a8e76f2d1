"""The report as text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from easy_mlops.observability.report.content import Report, decimals, limit_text, measured_rows, value_text
from easy_mlops.observability.report.layers import layer_rows
from easy_mlops.rules.judge import Verdict

_WIDTH: Final = 60


def to_text(report: Report) -> str:
    """The report as lines of text."""
    lines = [
        "=" * _WIDTH,
        "MODEL MONITORING REPORT",
        "=" * _WIDTH,
        *(f"  {name}: {value}" for name, value in report.subject.items()),
        *_part("LAYERS:", _columns(layer_rows(report.evaluations, report.measured))),
        *_part("METRICS SUMMARY:", _metrics(report.metrics)),
        *_part("PREDICTIONS SUMMARY:", _predictions(report.predictions)),
        *(_part("MEASURED:", _columns(measured_rows(report.measured))) if report.measured else ()),
        *_part("THRESHOLDS:", _thresholds(report.evaluations)),
        *(_part("RUNBOOK:", _columns(report.runbook)) if report.runbook else ()),
        "",
        "=" * _WIDTH,
    ]
    return "\n".join(lines)


def _part(title: str, lines: Iterable[str]) -> list[str]:
    return ["", title, "-" * _WIDTH, *(f"  {line}" for line in lines)]


def _metrics(summary: Mapping[str, Any]) -> list[str]:
    if "message" in summary:
        return [str(summary["message"])]
    latest = summary["latest_metrics"]["metrics"]
    lines = [
        f"Total logs: {summary['total_logs']}",
        f"First log: {summary['first_log']}",
        f"Last log: {summary['last_log']}",
    ]
    if latest:
        lines += ["Latest metrics:", *(f"  {name}: {decimals(value)}" for name, value in latest.items())]
    return lines


def _predictions(summary: Mapping[str, Any]) -> list[str]:
    if "message" in summary:
        return [str(summary["message"])]
    return [
        f"Total predictions: {summary['total_predictions']}",
        f"First prediction: {summary['first_prediction']}",
        f"Last prediction: {summary['last_prediction']}",
    ]


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _thresholds(evaluations: Sequence[Verdict]) -> list[str]:
    if not evaluations:
        return ["Nothing to evaluate yet"]
    width = max(len(evaluation.name) for evaluation in evaluations)
    return [f"{evaluation.name:<{width}}  {_verdict(evaluation)}" for evaluation in evaluations]


def _verdict(evaluation: Verdict) -> str:
    value = f"{evaluation.state:<7} {value_text(evaluation)}"
    if evaluation.op is None:
        return f"{value}  {evaluation.message}"
    return f"{value}  {limit_text(evaluation)} ({evaluation.source})"
