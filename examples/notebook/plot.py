"""Draws the simulation: the rolling error and the latency, each with the rule that watches it.

    python examples/notebook/plot.py [notebook.svg]

Steps are minutes here, so that both have a time axis.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from easy_mlops.observability.report.plot import HEIGHT, WIDTH, line_plot
from simulation import RATIO, simulate

START = datetime(2026, 1, 1, tzinfo=UTC)
GAP, HEAD = 16, 34
STYLE = """
.page { fill: #fff; } text { font: 11px system-ui, sans-serif; fill: #59636e; }
.head { font-size: 13px; font-weight: 600; fill: #1c2128; } .grid { stroke: #d8dee4; }
.line { fill: none; stroke: #0969da; stroke-width: 1.75; } .last { fill: #0969da; }
.limit { stroke: #bc4c00; stroke-dasharray: 5 4; stroke-width: 1.5; } .alert { fill: #bc4c0018; }
"""


def picture() -> str:
    """The SVG: two plots, one above the other."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metrics.csv"
        outcome = simulate(path)
        with path.open(newline="") as stream:
            latency = [float(row["value"]) for row in csv.DictReader(stream) if row["name"] == "p95_latency_ms"]
    limit = RATIO * outcome.reference
    first = outcome.relative_alerts[0]
    plots = [
        (
            f"rolling_mae: {RATIO:g} × the healthy error is reached at step {first}; the notebook's 0.12 never is",
            line_plot("rolling_mae", points(list(outcome.maes.values())), limit=limit, alert_above=True),
        ),
        (
            f"p95_latency_ms: {len(outcome.latency_alerts)} alerts, the first at step {outcome.latency_alerts[0]}",
            line_plot("p95_latency_ms", points(latency), limit=250, alert_above=True),
        ),
    ]
    width, height = WIDTH * 2, len(plots) * (HEIGHT * 2 + HEAD) + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f'<style>{STYLE}</style><rect class="page" width="{width}" height="{height}"/>',
    ]
    for number, (head, plot) in enumerate(plots):
        top = number * (HEIGHT * 2 + HEAD) + GAP
        place = f'<svg y="{top + 12}" width="{width}" height="{HEIGHT * 2}"'
        parts.append(f'<text class="head" x="{GAP}" y="{top + 8}">{head}</text>')
        parts.append(plot.replace('<svg class="plot"', place, 1))
    return "\n".join([*parts, "</svg>", ""])


def points(values: list[float]) -> list[tuple[datetime, float]]:
    """Values of the last steps, a minute each."""
    return [(START + timedelta(minutes=number), value) for number, value in enumerate(values, start=20)]


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else "notebook.svg").write_text(picture())
