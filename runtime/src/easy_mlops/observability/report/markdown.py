"""The report as Markdown, for a pull request or a wiki; histories are drawn with block characters.

The page is `templates/report.md.j2`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from easy_mlops.charts import Series
from easy_mlops.observability.report.content import (
    MEASURED_HEAD,
    Report,
    decimals,
    limit_text,
    measured_rows,
    summary_text,
    trend_rows,
    value_text,
)
from easy_mlops.observability.report.layers import LAYERS_HEAD, RUNBOOK_HEAD, layer_rows
from easy_mlops.pages import render

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_LONGEST: Final = 24
"""Characters of a history."""


def to_markdown(report: Report) -> str:
    """The report as a Markdown page with tables."""
    latest = report.predictions.get("recent_predictions", ())
    page = render(
        "easy_mlops.observability.report",
        "report.md.j2",
        report=report,
        layers={"head": LAYERS_HEAD, "rows": layer_rows(report.evaluations, report.measured)},
        thresholds=[
            (
                item.name,
                item.state,
                value_text(item),
                limit_text(item) or item.message,
                item.severity or "-",
                item.source or "-",
            )
            for item in report.evaluations
        ],
        history=list(_history(report.series)),
        trends=[] if "message" in report.metrics else trend_rows(report.metrics),
        measured={"head": MEASURED_HEAD, "rows": measured_rows(report.measured)},
        predictions=[(entry["timestamp"], entry["prediction"]) for entry in latest],
        runbook_head=RUNBOOK_HEAD,
        summary_text=summary_text,
    )
    return page.rstrip("\n")


def _history(series: Sequence[Series]) -> Iterator[tuple[object, ...]]:
    for one in series:
        if one.low and one.high and one.last:
            low, high, last = (decimals(point.value) for point in (one.low, one.high, one.last))
            yield one.name, _sparkline(one), one.count, low, high, last


def _sparkline(series: Series) -> str:
    """The history in at most `_LONGEST` block characters, in the order of entries."""
    values = [point.value for run in series.in_order() for point in run]
    if len(values) > _LONGEST:
        values = [values[number * (len(values) - 1) // (_LONGEST - 1)] for number in range(_LONGEST)]
    low, span = min(values), max(values) - min(values)
    return "".join(_BLOCKS[int((value - low) / span * (len(_BLOCKS) - 1))] if span else _BLOCKS[3] for value in values)
