"""The report as Markdown and as a page: complete, safe with whatever is logged, small however much is logged."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from browser import rendered
from easy_mlops.observability import ModelMonitor, log_metric
from easy_mlops.observability.report.plot import MOST_POINTS, line_plot, thinned, ticks
from hypothesis import given
from hypothesis import strategies as st

HOSTILE = "<script>document.title='taken'</script>|`\n**x**"
START = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def monitor(tmp_path: Path) -> ModelMonitor:
    """Logs with alerts, with metrics of every kind, and with texts that want to be markup."""
    config = {"metric_thresholds": {"accuracy": 0.8}, "rules": {"p95_latency_ms": {"op": ">", "value": 250}}}
    monitor = ModelMonitor(config)
    for number in range(5):
        values = {"accuracy": 0.9 - number * 0.05, "f1_score": 0.9, "strange": math.nan, HOSTILE: 1.0}
        monitor.log_metrics(values)
    monitor.log_prediction({}, HOSTILE)
    monitor.save_logs(tmp_path)
    for value in (200, 300):
        log_metric("p95_latency_ms", value, layer="system", path=tmp_path / "metrics.csv")
    loaded = ModelMonitor(config)
    loaded.load_logs(tmp_path)
    return loaded


def test_markdown_has_every_verdict_in_a_table(monitor: ModelMonitor) -> None:
    report = monitor.generate_report("markdown")
    assert re.search(r"^\| accuracy \| Firing \| 0\.7000 \| alert when &lt; 0\.8000, higher is better", report, re.M)
    assert re.search(r"^\| p95\\_latency\\_ms \| Firing \| 300\.0000 \|", report, re.M)
    assert re.search(r"^\| accuracy \| 0\.7000 \| 0\.8000 \| 0\.0707 \| 0\.7000 \| 0\.9000 \|$", report, re.M)
    assert "<script>" not in report
    rows = [line for line in report.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {3, 6, 7}


def test_a_browser_shows_the_page_and_runs_nothing_of_what_was_logged(monitor: ModelMonitor, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(monitor.generate_report("html"), encoding="utf-8")
    shown = rendered(page)
    assert "<title>Model monitoring report</title>" in shown
    assert "▲ 2 of 3 alert: p95_latency_ms, accuracy" in shown
    assert shown.count('<svg class="plot"') == 4  # the metric that is no number has nothing to plot
    assert 'class="limit"' in shown
    assert "&lt;script&gt;document.title='taken'" in shown
    assert not re.search(r'(src|href)="http', shown)


def test_an_empty_monitor_has_a_page_too() -> None:
    page = ModelMonitor().generate_report("html")
    assert "nothing to judge yet" in page
    assert "<svg" not in page


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(ValueError, match="unknown format 'pdf'; formats are text, markdown, html"):
        ModelMonitor().generate_report("pdf")  # type: ignore[arg-type]


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=60), st.none() | st.floats(-1e9, 1e9))
def test_any_history_is_a_picture_inside_its_frame(values: list[float], limit: float | None) -> None:
    points = [(START + timedelta(minutes=number), value) for number, value in enumerate(values)]
    picture = ET.fromstring(line_plot("a < b", points, limit=limit, alert_above=True))
    (line,) = (element for element in picture if element.get("class") == "line")
    for pair in (line.get("points") or "").split():
        x, y = map(float, pair.split(","))
        assert 0 <= x <= 380
        assert 0 <= y <= 180


def test_a_long_history_keeps_its_extremes_in_a_small_picture() -> None:
    points = [(START + timedelta(seconds=number), math.sin(number / 5e3)) for number in range(100_000)]
    points[54_321] = (points[54_321][0], 9.0)
    kept = thinned(points, MOST_POINTS)
    assert len(kept) <= MOST_POINTS
    assert max(value for _, value in kept) == 9.0
    assert kept == sorted(kept)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert len(line_plot("sine", points)) < 12_000


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_few_and_inside(low: float, width: float) -> None:
    found = list(ticks(low, low + width))
    assert 1 <= len(found) <= 7
    assert all(low - 1e-9 <= tick <= low + width + 1e-9 for tick in found)
