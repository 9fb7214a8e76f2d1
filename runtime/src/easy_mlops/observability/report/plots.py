"""The plots of the page: the distance of all values from their limits, and the history of each metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from easy_mlops.charts import Limit, Margin, Markup, Series, line_chart, margins_chart, picture
from easy_mlops.charts.line import described
from easy_mlops.charts.margins import WIDTH, height_of
from easy_mlops.observability.report.content import Report
from easy_mlops.rules.judge import Verdict
from easy_mlops.rules.rule import EffectiveRule

MOST_PLOTS: Final = 60
"""A page with more plots would be slow to open and hard to read."""
_WIDTH, _HEIGHT = 420.0, 190.0


class Plot(NamedTuple):
    """The history of a metric as a picture, with its latest value."""

    name: str
    latest: str
    picture: Markup


def overview(evaluations: Sequence[Verdict]) -> Markup | None:
    """How far each value is from its limit; None when no rule has one."""
    margins = [
        Margin(item.name, item.value, item.threshold, _state(item), _value_and_limit(item))
        for item in evaluations
        if item.threshold is not None
    ]
    if not margins:
        return None
    about = "; ".join(f"{margin.name} {margin.state}: {margin.text}" for margin in margins)
    return picture(WIDTH, height_of(margins), "Distance of each value from its limit", about, margins_chart(margins))


def histories(report: Report) -> list[Plot]:
    """A plot per metric, `MOST_PLOTS` at most; metrics with a limit come first then."""
    shown = list(report.series)
    if len(shown) > MOST_PLOTS:
        shown = sorted(shown, key=lambda series: not report.judging(series.name))[:MOST_PLOTS]
    return [_history(series, report.judging(series.name)) for series in shown]


def _history(series: Series, judged: Sequence[Verdict]) -> Plot:
    limits = [limit for item in judged if (limit := _limit(item))]
    about = "; ".join([described(series), *(f"alert when {limit.label}" for limit in limits)])
    latest = "" if series.last is None else f"{series.last.value:.4g}"
    drawn = line_chart(series, limits, width=_WIDTH, height=_HEIGHT)
    return Plot(series.name, latest, picture(_WIDTH, _HEIGHT, series.name, about, drawn))


def _limit(item: Verdict) -> Limit | None:
    if item.op is None or item.threshold is None or item.source is None:
        return None
    rule = EffectiveRule(item.name, item.metric, item.op, item.threshold, item.source)
    side: Literal["above", "below"] | None = "above" if ">" in item.op else "below" if "<" in item.op else None
    return Limit(item.threshold, f"{item.op} {item.threshold:.4g}", rule.fires, side)


def _state(item: Verdict) -> Literal["OK", "Firing", "NoData"]:
    return item.state if item.state in ("OK", "Firing") else "NoData"


def _value_and_limit(item: Verdict) -> str:
    return f"{item.value_text or '–'}, alert when {item.op} {item.threshold_text}"
