"""The pictures of the page: all thresholds at a glance, and the history of each metric with its limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from easy_mlops.charts import Limit, Margin, Markup, Series, joined, line_chart, margins_chart, picture, tag
from easy_mlops.charts.line import described
from easy_mlops.charts.margins import WIDTH, height_of
from easy_mlops.config.effective import EffectiveRule
from easy_mlops.observability.evaluation import Evaluation
from easy_mlops.observability.report.content import Report

MOST_PLOTS: Final = 60
"""A page with more would be slow to open and slower to read."""
_WIDTH, _HEIGHT = 420.0, 190.0


def overview(evaluations: Sequence[Evaluation]) -> Markup:
    """How far each value is from its limit; nothing when no rule has one."""
    margins = [
        Margin(item.name, item.value, item.threshold, _state(item), _told(item))
        for item in evaluations
        if item.threshold is not None
    ]
    if not margins:
        return Markup("")
    about = "; ".join(f"{margin.name} {margin.state}: {margin.told}" for margin in margins)
    drawn = picture(WIDTH, height_of(margins), "Distance of each value from its limit", about, margins_chart(margins))
    caption = tag("figcaption", "Distance of each value from its limit, as a share of the larger of the two")
    return tag("figure", caption, drawn, class_="overview scroll", tabindex=0, aria_label="Thresholds at a glance")


def histories(report: Report) -> Markup:
    """A plot of each metric, of those that have a limit first where there are too many."""
    shown = list(report.series)
    if len(shown) > MOST_PLOTS:
        shown = sorted(shown, key=lambda series: not report.judging(series.name))[:MOST_PLOTS]
    plots = tag("div", *(_history(series, report.judging(series.name)) for series in shown), class_="plots")
    left = len(report.series) - len(shown)
    return joined([plots, tag("p", f"{left} more metrics are not plotted", class_="dim") if left else ""])


def _history(series: Series, judged: Sequence[Evaluation]) -> Markup:
    limits = [limit for item in judged if (limit := _limit(item))]
    about = "; ".join([described(series), *(f"alert when {limit.label}" for limit in limits)])
    latest = "" if series.last is None else f"{series.last.value:.4g}"
    caption = tag("figcaption", tag("span", series.name), tag("b", latest))
    drawn = line_chart(series, limits, width=_WIDTH, height=_HEIGHT)
    return tag("figure", caption, picture(_WIDTH, _HEIGHT, series.name, about, drawn))


def _limit(item: Evaluation) -> Limit | None:
    if item.op is None or item.threshold is None or item.source is None:
        return None
    rule = EffectiveRule(item.name, item.metric, item.op, item.threshold, item.source)
    side: Literal["above", "below"] | None = "above" if ">" in item.op else "below" if "<" in item.op else None
    return Limit(item.threshold, f"{item.op} {item.threshold:.4g}", rule.fires, side)


def _state(item: Evaluation) -> Literal["OK", "Firing", "NoData"]:
    return item.state if item.state in ("OK", "Firing") else "NoData"


def _told(item: Evaluation) -> str:
    value = "–" if item.value is None else f"{item.value:.4g}"
    return f"{value}, alert when {item.op} {item.threshold:.4g}"
