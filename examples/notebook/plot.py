"""Draws the simulation: the rolling error and the latency by step, each with the rules that watch it.

python examples/notebook/plot.py [notebook.svg]
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from easy_mlops.charts import Limit, Mark, Markup, Series, joined, line_chart, picture, tag
from simulation import HEALTHY_UNTIL, RATIO, Outcome, simulate

WIDTH, HEIGHT = 760.0, 230.0
HEAD, GAP = 30.0, 14.0


def drawing() -> str:
    """The SVG: two plots, one above the other."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metrics.csv"
        outcome = simulate(path)
        logged = series_of(path)
    limit = RATIO * outcome.reference
    error = (
        f"rolling_mae: twice the healthy error is passed at step {outcome.relative_alerts[0]}, 0.12 never",
        logged["rolling_mae"],
        [
            Limit(0.12, "the notebook's rule: > 0.12", lambda value: value > 0.12, second=True),
            Limit(limit, f"{RATIO:g} × reference: > {limit:.4f}", lambda value: value > limit, "above"),
        ],
    )
    latency = (
        f"p95_latency_ms: {len(outcome.latency_alerts)} alerts, the first at step {outcome.latency_alerts[0]}",
        logged["p95_latency_ms"],
        [Limit(250, "> 250", lambda value: value > 250, "above")],
    )
    plots = [panel(number, *plot) for number, plot in enumerate((error, latency))]
    title = "The notebook's simulation"
    return f"{picture(WIDTH, 2 * (HEAD + HEIGHT) + GAP, title, description(outcome), *plots, alone=True)}\n"


def series_of(path: Path) -> dict[str, Series]:
    """The metrics of the file by step, which is in the context of each row."""
    series: dict[str, Series] = {}
    with path.open(newline="") as stream:
        for row in csv.DictReader(stream):
            if (step := json.loads(row["context"]).get("step")) is not None:
                series.setdefault(row["name"], Series(row["name"])).add(step, float(row["value"]))
    return series


def panel(number: int, head: str, series: Series, limits: Sequence[Limit]) -> Markup:
    """A plot with its heading, the `number`th from above."""
    mark = Mark(HEALTHY_UNTIL + 1, "healthy until here")
    chart = line_chart(series, limits, width=WIDTH, height=HEIGHT, axis="number", marks=[mark])
    heading = tag("text", head, class_="heading", x=16, y=20)
    below = tag("text", "step", class_="end", x=WIDTH - 14, y=HEAD + HEIGHT - 6)
    drawn = joined([heading, tag("g", chart, transform=f"translate(0 {HEAD:g})"), below])
    return tag("g", drawn, transform=f"translate(0 {GAP / 2 + number * (HEAD + HEIGHT):g})")


def description(outcome: Outcome) -> str:
    """A description of the picture for screen readers."""
    return (
        f"The rolling error rises after step {HEALTHY_UNTIL} to {max(outcome.maes.values()):.4f}, below the limit of "
        f"0.12 and, from step {outcome.relative_alerts[0]} on, above {RATIO:g} times the healthy error; the latency "
        f"passes 250 ms {len(outcome.latency_alerts)} times, first at step {outcome.latency_alerts[0]}."
    )


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else "notebook.svg").write_text(drawing(), encoding="utf-8")
