"""The report as one HTML file: no script, nothing from the network, light or dark as the reader's system is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from easy_mlops.observability.evaluation import Evaluation
from easy_mlops.observability.report.content import Report, Series, decimals, limit_text
from easy_mlops.observability.report.plot import line_plot

_SIGNS: Final = {"OK": "✓", "Firing": "▲", "NoData": "○", "NoRule": "–"}
_STYLE: Final = """
:root { color-scheme: light dark; --page: #fff; --text: #1c2128; --dim: #59636e; --grid: #d8dee4; --line: #0969da;
  --limit: #bc4c00; --alert: #bc4c0018; --ok: #1a7f37; --firing: #bc4c00; --card: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --page: #0d1117; --text: #e6edf3; --dim: #9198a1; --grid: #30363d;
  --line: #58a6ff; --limit: #f0883e; --alert: #f0883e1f; --ok: #3fb950; --firing: #f0883e; --card: #151b23; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.25rem 0 .6rem; } p { margin: .3rem 0; }
.dim { color: var(--dim); } .verdict { font-size: 1.05rem; margin: .4rem 0 0; }
.OK { color: var(--ok); } .Firing { color: var(--firing); font-weight: 600; } .NoData, .NoRule { color: var(--dim); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--grid); white-space: nowrap; }
td.words { white-space: normal; min-width: 14rem; }
th { color: var(--dim); font-weight: 500; } td.number, th.number { text-align: right; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 1rem; }
figure { margin: 0; padding: .75rem; background: var(--card); border-radius: 8px; }
figcaption { display: flex; justify-content: space-between; font-weight: 500; margin-bottom: .25rem; }
.plot { width: 100%; height: auto; display: block; } .plot text { fill: var(--dim); font-size: 11px; }
.grid { stroke: var(--grid); } .limit { stroke: var(--limit); stroke-dasharray: 5 4; stroke-width: 1.5; }
.alert { fill: var(--alert); } .line { fill: none; stroke: var(--line); stroke-width: 1.75; stroke-linejoin: round; }
.last { fill: var(--line); }
.scale { position: relative; height: .5rem; min-width: 8rem; border-radius: 4px; background: var(--grid); }
.scale b { position: absolute; top: -.2rem; width: 2px; height: .9rem; background: var(--limit); }
.scale i { position: absolute; top: -.1rem; width: .7rem; height: .7rem; margin-left: -.35rem; border-radius: 50%;
  background: currentColor; }
"""


def to_html(report: Report) -> str:
    """A whole page. Everything that comes from logs or configuration is escaped."""
    body = [
        "<h1>Model monitoring report</h1>",
        _verdict(report.evaluations),
        "<h2>Thresholds</h2>",
        _thresholds(report.evaluations),
        *(["<h2>History</h2>", _plots(report)] if report.series else []),
        "<h2>Metrics</h2>",
        _metrics(report.metrics),
        "<h2>Predictions</h2>",
        _predictions(report.predictions),
    ]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Model monitoring report</title><style>{_STYLE}</style>"
    )
    content = "\n".join(body)
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>\n{content}\n</body></html>\n'


def _verdict(evaluations: Sequence[Evaluation]) -> str:
    firing = [item.name for item in evaluations if item.state == "Firing"]
    judged = sum(item.state in ("OK", "Firing") for item in evaluations)
    if firing:
        return f'<p class="verdict Firing">▲ {len(firing)} of {judged} alert: {escape(", ".join(firing))}</p>'
    if judged:
        return f'<p class="verdict OK">✓ all {judged} within their thresholds</p>'
    return '<p class="verdict NoData">○ nothing to judge yet</p>'


def _thresholds(evaluations: Sequence[Evaluation]) -> str:
    rows = [
        (
            escape(item.name),
            f'<span class="{item.state}">{_SIGNS[item.state]} {item.state}</span>',
            decimals(item.value),
            _scale(item),
            escape(limit_text(item) or item.message),
            escape(item.source or ""),
        )
        for item in evaluations
    ]
    return _table(("Metric", "Verdict", "Value", "Against its limit", "Limit", "From"), rows, numbers=(2,), words=(4,))


def _scale(item: Evaluation) -> str:
    """Value and limit on one line from 0 to beyond the larger of them; empty when either is missing or negative."""
    if item.value is None or item.threshold is None or min(item.value, item.threshold) < 0:
        return ""
    end = max(item.value, item.threshold) * 1.15 or 1.0
    value, limit = 100 * item.value / end, 100 * item.threshold / end
    label = f"value {decimals(item.value)}, limit {decimals(item.threshold)}"
    marks = f'<b style="left:{limit:.1f}%"></b><i style="left:{value:.1f}%"></i>'
    return f'<div class="scale {item.state}" role="img" aria-label="{label}">{marks}</div>'


def _plots(report: Report) -> str:
    return f'<div class="plots">{"".join(_figure(report, series) for series in report.series)}</div>'


def _figure(report: Report, series: Series) -> str:
    item = report.limit_of(series.name)
    limit = item.threshold if item is not None else None
    above = item is not None and item.op in (">", ">=")
    state = f'<span class="{item.state}">{_SIGNS[item.state]} {item.state}</span>' if item is not None else ""
    plot = line_plot(series.name, series.points, limit=limit, alert_above=above)
    return f"<figure><figcaption><span>{escape(series.name)}</span>{state}</figcaption>{plot}</figure>"


def _metrics(summary: Mapping[str, Any]) -> str:
    if "message" in summary:
        return f'<p class="dim">{escape(str(summary["message"]))}</p>'
    trends: Mapping[str, Any] = summary.get("trends") or {}
    keys = ("mean", "std", "min", "max")
    rows = [
        (escape(name), decimals(value), *(decimals((trends.get(name) or {}).get(key)) for key in keys))
        for name, value in summary["latest_metrics"]["metrics"].items()
    ]
    told = f"{summary['total_logs']} entries from {summary['first_log']} to {summary['last_log']}"
    escaped = [(row[0], *(escape(str(cell)) for cell in row[1:])) for row in rows]
    table = _table(("Metric", "Latest", "Mean", "Std", "Min", "Max"), escaped, numbers=(1, 2, 3, 4, 5))
    return f'<p class="dim">{escape(told)}</p>{table}'


def _predictions(summary: Mapping[str, Any]) -> str:
    if "message" in summary:
        return f'<p class="dim">{escape(str(summary["message"]))}</p>'
    told = (
        f"{summary['total_predictions']} predictions from {summary['first_prediction']} to {summary['last_prediction']}"
    )
    rows = [
        (escape(str(entry["timestamp"])), escape(str(entry["prediction"]))) for entry in summary["recent_predictions"]
    ]
    return f'<p class="dim">{escape(told)}; the last ones</p>{_table(("Time", "Prediction"), rows)}'


def _table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = (), words: Sequence[int] = ()
) -> str:
    """A table of cells that are HTML already; `numbers` are columns to the right, those of `words` may wrap."""

    def cells(tag: str, row: Sequence[str], attributes: str = "") -> str:
        names = {**dict.fromkeys(numbers, "number"), **dict.fromkeys(words, "words")}
        kinds = [f' class="{names[place]}"' if place in names else "" for place in range(len(row))]
        return "".join(f"<{tag}{attributes}{kind}>{cell}</{tag}>" for cell, kind in zip(row, kinds, strict=True))

    lines = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    if not lines:
        return '<p class="dim">Nothing yet.</p>'
    header = cells("th", head, ' scope="col"')
    return f'<div class="scroll"><table><thead><tr>{header}</tr></thead><tbody>{lines}</tbody></table></div>'
