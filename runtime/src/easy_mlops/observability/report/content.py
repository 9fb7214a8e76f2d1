"""The content of a report, in any format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from easy_mlops.charts import Series
from easy_mlops.observability.measurements import Measurement, label
from easy_mlops.rules.decimals import order
from easy_mlops.rules.judge import Verdict

TRENDS: Final = ("mean", "std", "min", "max")
"""The statistics of each metric in the `trends` of a metrics summary."""


@dataclass(frozen=True)
class Report:
    """The facts of a report.

    Parameters
    ----------
    metrics, predictions
        The summaries, as `ModelMonitor` returns them.
    evaluations
        The verdict on each rule and metric.
    measured
        The latest rows of `metrics.csv`.
    series
        The histories to plot.
    subject
        What the report is about: names and values, such as that of the model.
    runbook
        Pairs of a name and a text.
    """

    metrics: Mapping[str, Any]
    predictions: Mapping[str, Any]
    evaluations: Sequence[Verdict]
    measured: Sequence[Measurement] = ()
    series: Sequence[Series] = ()
    subject: Mapping[str, str] = field(default_factory=dict)
    runbook: Sequence[tuple[str, str]] = ()

    def judging(self, series: str) -> list[Verdict]:
        """The verdicts whose limit is drawn in the plot of a series.

        Parameters
        ----------
        series : str
            Name of the series, which `label` makes.

        Returns
        -------
        list of Verdict
        """
        return [item for item in self.evaluations if item.threshold is not None and _is_about(item, series)]

    def verdict(self) -> str:
        """How many rules fire, and which.

        Returns
        -------
        str
            One sentence.
        """
        states: Counter[str] = Counter(item.state for item in self.evaluations)
        judged = states["OK"] + states["Firing"]
        fired = [item for item in self.evaluations if item.state == "Firing"]
        firing = ", ".join(f"{item.name} (suppressed)" if item.suppressed else item.name for item in fired)
        if firing:
            return f"{states['Firing']} of {judged} thresholds {'fires' if states['Firing'] == 1 else 'fire'}: {firing}"
        if judged:
            return "The only threshold is respected" if judged == 1 else f"All {judged} thresholds are respected"
        return "Nothing to evaluate yet"

    def unjudged(self) -> str:
        """How many rules have no data and how many metrics have no limit.

        Returns
        -------
        str
            Empty if there are none.
        """
        states: Counter[str] = Counter(item.state for item in self.evaluations)
        return ", ".join(f"{states[state]} {what}" for state, what in _UNJUDGED.items() if states[state])


def _is_about(item: Verdict, series: str) -> bool:
    """Whether a verdict is about a series; a rule without a column is about the metric in all columns."""
    return series == label(item.metric, item.column) or (not item.column and series.startswith(f"{item.metric} ("))


_UNJUDGED: Final = {"NoData": "without data", "NoRule": "without a limit"}


def decimals(value: Any) -> str:
    """A number with four decimals, any other value as text, None as a dash."""
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def value_text(item: Verdict) -> str:
    """The value with four decimals, or with more digits where four would contradict the verdict."""
    return decimals(item.value) if _four_decimals_do(item) else item.value_text


def limit_text(item: Verdict) -> str:
    """When the rule fires; empty for a metric without a rule."""
    if item.op is None:
        return ""
    four = item.threshold is not None and _four_decimals_do(item)
    limit = f"{item.op} {decimals(item.threshold)}" if four else item.limit
    better = f", {item.direction} is better" if item.direction else ""
    column = f", column {item.worst_column}" if item.worst_column else ""
    runbook = f", runbook: {item.runbook}" if item.runbook and item.state == "Firing" else ""
    suppressed = f", suppressed by {item.suppressed_by} until {item.suppressed_until}" if item.suppressed else ""
    return f"alert when {limit}{better}{column}{runbook}{suppressed}"


def _four_decimals_do(item: Verdict) -> bool:
    """Whether value and limit compare in the same way when both are rounded to four decimals."""
    if item.value is None:
        return True
    limits = [limit for limit in (item.threshold, item.low, item.high) if limit is not None]
    value, shown = item.value, round(item.value, 4)
    return all(order(shown, round(limit, 4)) == order(value, limit) for limit in limits)


def trend_rows(summary: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Name, latest value and trends of each metric in the last entry."""
    trends: Mapping[str, Any] = summary.get("trends") or {}
    return [
        (name, decimals(value), *(decimals((trends.get(name) or {}).get(key)) for key in TRENDS))
        for name, value in summary["latest_metrics"]["metrics"].items()
    ]


def measured_rows(measured: Sequence[Measurement]) -> list[tuple[str, ...]]:
    """Layer, name (with its column), value, window, model version and time of each measurement."""
    return [
        (
            item.layer,
            label(item.name, item.column),
            decimals(item.value),
            item.window,
            item.model_version,
            f"{item.time:%Y-%m-%d %H:%M:%SZ}",
        )
        for item in measured
    ]


MEASURED_HEAD: Final = ("Layer", "Metric", "Latest", "Window", "Version", "Measured")


def summary_text(summary: Mapping[str, Any]) -> str:
    """The number of entries of a summary and their time span, or the message of an empty one."""
    if "message" in summary:
        return str(summary["message"])
    if "total_logs" in summary:
        return _span(summary["total_logs"], "entry", "entries", summary["first_log"], summary["last_log"])
    total, first, last = (summary[key] for key in ("total_predictions", "first_prediction", "last_prediction"))
    return _span(total, "prediction", "predictions", first, last)


def _span(total: int, one: str, many: str, first: str, last: str) -> str:
    return f"1 {one}, {first}" if total == 1 else f"{total} {many} from {first} to {last}"
