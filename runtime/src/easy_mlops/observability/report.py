"""The monitoring report as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from easy_mlops.observability.evaluation import Evaluation

_WIDTH: Final = 60


def render(metrics: Mapping[str, Any], predictions: Mapping[str, Any], evaluations: Sequence[Evaluation]) -> str:
    """Both summaries, in the form that `ModelMonitor` returns them, and the verdicts."""
    lines = [
        "=" * _WIDTH,
        "MODEL MONITORING REPORT",
        "=" * _WIDTH,
        *_part("METRICS SUMMARY:", _metrics(metrics)),
        *_part("PREDICTIONS SUMMARY:", _predictions(predictions)),
        *_part("THRESHOLDS:", _thresholds(evaluations)),
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
        lines += ["Latest metrics:", *(f"  {name}: {_decimals(value)}" for name, value in latest.items())]
    return lines


def _predictions(summary: Mapping[str, Any]) -> list[str]:
    if "message" in summary:
        return [str(summary["message"])]
    return [
        f"Total predictions: {summary['total_predictions']}",
        f"First prediction: {summary['first_prediction']}",
        f"Last prediction: {summary['last_prediction']}",
    ]


def _thresholds(evaluations: Sequence[Evaluation]) -> list[str]:
    if not evaluations:
        return ["Nothing to judge yet"]
    width = max(len(evaluation.name) for evaluation in evaluations)
    return [f"{evaluation.name:<{width}}  {_verdict(evaluation)}" for evaluation in evaluations]


def _verdict(evaluation: Evaluation) -> str:
    value = f"{evaluation.state:<7} {_decimals(evaluation.value)}"
    if evaluation.op is None:
        return f"{value}  {evaluation.message}"
    better = f", {evaluation.direction} is better" if evaluation.direction else ""
    return f"{value}  alert when {evaluation.op} {_decimals(evaluation.threshold)}{better} ({evaluation.source})"


def _decimals(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
