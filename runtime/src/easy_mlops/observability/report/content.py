"""What a report tells, whatever its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from easy_mlops.observability.evaluation import Evaluation


@dataclass(frozen=True)
class Series:
    """The history of one metric: `(time, value)` with the oldest first; only values that are numbers."""

    name: str
    points: tuple[tuple[datetime, float], ...]


@dataclass(frozen=True)
class Report:
    """Both summaries in the form that `ModelMonitor` returns them, the verdicts, and the histories to plot."""

    metrics: Mapping[str, Any]
    predictions: Mapping[str, Any]
    evaluations: Sequence[Evaluation]
    series: Sequence[Series] = field(default=())

    def limit_of(self, name: str) -> Evaluation | None:
        """The evaluation whose limit belongs into the plot of a metric: the one that fires, else the first."""
        found = [item for item in self.evaluations if item.metric == name and item.threshold is not None]
        return next((item for item in found if item.state == "Firing"), found[0] if found else None)


def decimals(value: Any) -> str:
    """A figure with four decimals; what is no number as it is, nothing as a dash."""
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def limit_text(item: Evaluation) -> str:
    """When the rule is an alert, in words; empty for a metric that nothing judges."""
    if item.op is None:
        return ""
    better = f", {item.direction} is better" if item.direction else ""
    return f"alert when {item.op} {decimals(item.threshold)}{better}"
