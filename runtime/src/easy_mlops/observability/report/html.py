"""The report as one HTML file: no script, no network access, light or dark as the reader's system is.

The page is `templates/report.html.j2`; values from logs and configuration are escaped there.
"""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

from easy_mlops.charts import STYLE
from easy_mlops.observability.report.content import (
    MEASURED_HEAD,
    Report,
    limit_text,
    measured_rows,
    summary_text,
    trend_rows,
    value_text,
)
from easy_mlops.observability.report.layers import LAYERS_HEAD, RUNBOOK_HEAD, layer_rows
from easy_mlops.observability.report.plots import histories, overview
from easy_mlops.pages import render

_SIGNS: Final = {"Firing": "▲", "OK": "✓", "NoData": "○", "NoRule": "–"}
_MEANINGS: Final = {
    "Firing": "beyond their limit",
    "OK": "within their limit",
    "NoData": "without data",
    "NoRule": "without a limit",
}


class _Tile(NamedTuple):
    """The number of rules in a state."""

    state: str
    rules: int
    meaning: str


def to_html(report: Report) -> str:
    """The report as a whole page."""
    states: Counter[str] = Counter(item.state for item in report.evaluations)
    plots = histories(report)
    return render(
        "easy_mlops.observability.report",
        "report.html.j2",
        report=report,
        chart_style=STYLE,
        signs=_SIGNS,
        overall="Firing" if states["Firing"] else "OK" if states["OK"] else "NoData",
        tiles=[_Tile(state, states[state], _MEANINGS[state]) for state in _SIGNS if states[state]],
        layers={"head": LAYERS_HEAD, "rows": layer_rows(report.evaluations, report.measured)},
        overview=overview(report.evaluations),
        histories=plots,
        not_plotted=len(report.series) - len(plots),
        trends=[] if "message" in report.metrics else trend_rows(report.metrics),
        measured={"head": MEASURED_HEAD, "rows": measured_rows(report.measured)},
        runbook_head=RUNBOOK_HEAD,
        value_text=value_text,
        limit_text=limit_text,
        summary_text=summary_text,
        is_link=_is_link,
    )


def _is_link(text: str) -> bool:
    """Whether a text of the runbook is a URL, which becomes a link; the page itself loads nothing."""
    return text.startswith(("https://", "http://")) and " " not in text
