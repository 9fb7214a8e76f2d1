"""The report as one HTML file: no script, nothing from the network, light or dark as the reader's system is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from easy_mlops.charts import STYLE, Markup, joined, tag
from easy_mlops.observability.evaluation import Evaluation
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
from easy_mlops.observability.report.page import PAGE_STYLE
from easy_mlops.observability.report.plots import histories, overview

_TITLE: Final = "Model monitoring report"
_SIGNS: Final = {"Firing": "▲", "OK": "✓", "NoData": "○", "NoRule": "–"}
_MEANINGS: Final = {
    "Firing": "beyond their limit",
    "OK": "within their limit",
    "NoData": "without data, neither good nor bad",
    "NoRule": "without a limit",
}


def to_html(report: Report) -> str:
    """A whole page. Everything that comes from logs or configuration is escaped; nothing in it can run."""
    sections = [
        _section("Layers", _layers(report)),
        _section("Thresholds", overview(report.evaluations), _thresholds(report.evaluations)),
        _section("History", histories(report)) if report.series else "",
        _section("Metrics", _summary(report.metrics), _metrics(report.metrics)),
        _section("Measured", _measured(report)) if report.measured else "",
        _section("Predictions", _summary(report.predictions), _predictions(report.predictions)),
        _section("Runbook", _runbook(report)) if report.runbook else "",
    ]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", _TITLE),
        tag("style", STYLE, PAGE_STYLE),
    )
    page = tag("html", head, tag("body", _header(report), tag("main", *sections)), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def _header(report: Report) -> Markup:
    states: Counter[str] = Counter(item.state for item in report.evaluations)
    tone = "Firing" if states["Firing"] else "OK" if states["OK"] else "NoData"
    facts = [tag("div", tag("dt", name), tag("dd", value)) for name, value in report.subject.items()]
    tiles = [
        tag("li", tag("b", f"{sign} {states[state]}"), " ", _MEANINGS[state], class_=state)
        for state, sign in _SIGNS.items()
        if states[state]
    ]
    return tag(
        "header",
        tag("h1", _TITLE),
        tag("p", _SIGNS[tone], " ", report.verdict(), class_=f"verdict {tone}"),
        tag("ul", *tiles, class_="tiles") if tiles else "",
        tag("dl", *facts) if facts else "",
    )


def _section(title: str, *content: object) -> Markup:
    name = title.lower()
    return tag("section", tag("h2", title, id=name), *content, aria_labelledby=name)


def _summary(summary: Mapping[str, Any]) -> Markup:
    return tag("p", told(summary), class_="dim")


def _thresholds(evaluations: Sequence[Evaluation]) -> Markup:
    rows = [
        (
            item.name,
            tag("span", f"{_SIGNS[item.state]} {item.state}", class_=f"pill {item.state}"),
            decimals(item.value),
            limit_text(item) or item.message,
            item.severity or "–",
            item.source or "–",
        )
        for item in evaluations
    ]
    head = ("Rule", "Verdict", "Value", "Limit", "Severity", "From")
    return _table("Latest values against their limits", head, rows, numbers={2}, words={3})


def _layers(report: Report) -> Markup:
    rows = layer_rows(report.evaluations, report.measured)
    return _table("What is watched, from the data to the business", LAYERS_HEAD, rows, words={2})


def _runbook(report: Report) -> Markup:
    """An address is a link that a reader may follow; the page itself loads nothing."""
    rows = [(name, _linked(told)) for name, told in report.runbook]
    return _table("Whom an alert concerns, and what to do", RUNBOOK_HEAD, rows, words={1})


def _linked(told: str) -> Markup | str:
    if not told.startswith(("https://", "http://")) or " " in told:
        return told
    return tag("a", told, href=told, rel="noreferrer")


def _metrics(summary: Mapping[str, Any]) -> Markup:
    if "message" in summary:
        return Markup("")
    head = ("Metric", "Latest", "Mean", "Std", "Min", "Max")
    return _table("The last entry, and all entries", head, trend_rows(summary), numbers={1, 2, 3, 4, 5})


def _measured(report: Report) -> Markup:
    return _table("Latest rows of metrics.csv", MEASURED_HEAD, measured_rows(report.measured), first=1, numbers={2})


def _predictions(summary: Mapping[str, Any]) -> Markup:
    if "message" in summary:
        return Markup("")
    rows = [
        (entry["timestamp"], entry["model_version"], "–" if entry["prediction"] is None else entry["prediction"])
        for entry in summary["recent_predictions"]
    ]
    return _table("The latest predictions", ("Time", "Version", "Prediction"), rows, words={2})


def _table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    first: int = 0,
    numbers: Collection[int] = (),
    words: Collection[int] = (),
) -> Markup:
    """A table whose column `first` names its rows; `numbers` are columns to the right, those of `words` may wrap."""
    kinds = {**dict.fromkeys(numbers, "number"), **dict.fromkeys(words, "words")}
    lines = [
        joined(
            tag("th", cell, scope="row") if place == first else tag("td", cell, class_=kinds.get(place))
            for place, cell in enumerate(row)
        )
        for row in rows
    ]
    if not lines:
        return tag("p", "Nothing yet", class_="dim")
    header = joined(tag("th", cell, scope="col", class_=kinds.get(place)) for place, cell in enumerate(head))
    body = tag("tbody", *(tag("tr", line) for line in lines))
    table = tag("table", tag("caption", caption), tag("thead", tag("tr", header)), body)
    return tag("div", table, class_="scroll", tabindex=0, role="group", aria_label=caption)
