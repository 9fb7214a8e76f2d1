"""The report as Markdown and as a page: complete, safe for any logged text, small for any amount of logs."""

from __future__ import annotations

import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import rendered
from easy_mlops.observability import ModelMonitor, log_metric
from easy_mlops.observability.report.plots import MOST_PLOTS
from hypothesis import given
from hypothesis import strategies as st

HOSTILE = "<script>document.title='taken'</script>|`\n**x**"
CONFIG = {
    "metric_thresholds": {"accuracy": 0.8},
    "rules": {
        "p95_latency_ms": {"op": ">", "value": 250, "severity": "critical"},
        "ages": {"metric": "null_rate", "column": "age", "op": ">", "value": 0.2},
        "absent": {"op": ">", "value": 1},
    },
}


@pytest.fixture
def monitor(tmp_path: Path) -> ModelMonitor:
    """Logs with alerts, with metrics of every kind, and with text that looks like markup."""
    monitor = ModelMonitor(CONFIG)
    for number in range(5):
        monitor.log_metrics({"accuracy": 0.9 - number * 0.05, "f1_score": 0.9, "strange": math.nan, HOSTILE: 1.0})
    monitor.log_prediction({}, HOSTILE)
    monitor.log_prediction({}, None)
    monitor.save_logs(tmp_path)
    for value in (200, 300):
        log_metric("p95_latency_ms", value, layer="system", path=tmp_path / "metrics.csv")
    log_metric("null_rate", 0.1, layer="data", path=tmp_path / "metrics.csv", column="age")
    log_metric("row_count", 20, layer="data", path=tmp_path / "metrics.csv")
    loaded = ModelMonitor(CONFIG)
    loaded.load_logs(tmp_path)
    return loaded


def test_text_has_what_was_measured_and_what_the_report_is_about(monitor: ModelMonitor) -> None:
    lines = [
        " ".join(line.split()) for line in monitor.generate_report(subject={"Model": "linear_regression"}).splitlines()
    ]
    assert lines[:4] == ["=" * 60, "MODEL MONITORING REPORT", "=" * 60, "Model: linear_regression"]
    measured = lines[lines.index("MEASURED:") + 2 :]
    assert re.fullmatch(r"system p95_latency_ms 300\.0000 1m v1 \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", measured[0])
    assert measured[1].startswith("data null_rate (age) 0.1000 1m v1")
    assert "row_count NoRule 20.0000 it has no limit" in measured


def test_markdown_has_every_verdict_in_a_table(monitor: ModelMonitor) -> None:
    report = monitor.generate_report("markdown", subject={"Model": "a_b"})
    for row in (
        "| accuracy | Firing | 0.7000 | alert when &lt; 0.8000, higher is better | warning | metric\\_thresholds |",
        "| p95\\_latency\\_ms | Firing | 300.0000 | alert when &gt; 250.0000, lower is better | critical | rules |",
        "| absent | NoData | - | alert when &gt; 1.0000, lower is better | warning | rules |",
        "| row\\_count | NoRule | 20.0000 | it has no limit | - | - |",
        "| accuracy | 0.7000 | 0.8000 | 0.0707 | 0.7000 | 0.9000 |",
        "| accuracy | █▆▄▂▁ | 5 | 0.7000 | 0.9000 | 0.7000 |",
        "| f1\\_score | ▄▄▄▄▄ | 5 | 0.9000 | 0.9000 | 0.9000 |",
        "- Model: a\\_b",
    ):
        assert row in report.splitlines()
    assert "**2 of 4 thresholds fire: p95\\_latency\\_ms, accuracy** (1 without data, 4 without a limit)" in report
    assert "<script>" not in report


def test_markdown_rows_have_as_many_cells_as_their_heads(monitor: ModelMonitor) -> None:
    tables = re.findall(r"(?:^\|.*\|$\n?)+", monitor.generate_report("markdown"), re.MULTILINE)
    assert len(tables) == 6
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


class Page(HTMLParser):
    """The elements of a page, and the texts in its tables' rows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        self.in_cell = tag in ("td", "th") or (self.in_cell and tag == "span")
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.in_cell:
            self.rows[-1][-1] += data

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def test_the_page_has_verdicts_with_severity_and_origin_and_all_that_was_measured(monitor: ModelMonitor) -> None:
    page = Page(monitor.generate_report("html", subject={"Model": "linear_regression"}))
    limits = "alert when > 250.0000, lower is better"
    assert ["p95_latency_ms", "▲ Firing", "300.0000", limits, "critical", "rules"] in page.rows
    assert ["row_count", "– NoRule", "20.0000", "it has no limit", "–", "–"] in page.rows
    assert ["absent", "○ NoData", "-", "alert when > 1.0000, lower is better", "warning", "rules"] in page.rows
    assert [row[:3] for row in page.rows if row[:2] == ["data", "null_rate (age)"]] == [
        ["data", "null_rate (age)", "0.1000"]
    ]
    assert page.rows[-1][1:] == ["1.0.0", "–"]


def test_everything_on_the_page_has_a_name_for_screen_readers(monitor: ModelMonitor) -> None:
    page = Page(monitor.generate_report("html"))
    assert page.all("html") == [{"lang": "en"}]
    assert all(head.get("scope") in ("col", "row") for head in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table")) == 5
    pictures = page.all("svg")
    assert len(pictures) == 7  # all thresholds, and six metrics: the one that never was a number has no plot
    assert all(picture.get("role") == "img" and picture.get("aria-label") for picture in pictures)
    assert len(page.all("desc")) == 7
    assert len(page.all("h1")) == 1


def test_the_page_is_self_contained_and_runs_nothing(monitor: ModelMonitor) -> None:
    page = Page(monitor.generate_report("html"))
    (policy,) = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert not page.all("script")
    given = {name for _, attributes in page.tags for name in attributes}
    assert not given & {"src", "href"}
    assert not [name for name in given if name.startswith("on")]


PROBE = """<!DOCTYPE html><meta charset="utf-8"><pre id="found"></pre><iframe width="%d" height="800"></iframe><script>
const frame = document.querySelector('iframe');
frame.onload = () => {
  const page = frame.contentDocument, all = (css) => [...page.querySelectorAll(css)];
  const within = (one, other) => one.left >= other.left - 1 && one.right <= other.right + 1
    && one.top >= other.top - 1 && one.bottom <= other.bottom + 1;
  document.getElementById('found').textContent = JSON.stringify({
    title: page.title, headings: all('h1, h2').map((h) => h.textContent),
    pictures: all('svg').length, verdict: page.querySelector('.verdict').textContent,
    wide: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    outside: all('svg text').filter((text) => !within(text.getBoundingClientRect(),
      text.closest('svg').getBoundingClientRect())).map((text) => text.textContent),
    flat: all('svg').filter((svg) => svg.getBoundingClientRect().height < 50).length,
    hostile: all('tbody th').map((th) => th.textContent).filter((text) => text.includes('script')),
  });
};
frame.srcdoc = %s;
</script>"""


@pytest.mark.parametrize("width", [360, 1200])
def test_a_browser_shows_the_page_whole_and_runs_nothing_of_what_was_logged(
    monitor: ModelMonitor, tmp_path: Path, width: int
) -> None:
    report = json.dumps(monitor.generate_report("html", subject={"Deployment": "d" * 80})).replace("</", "<\\/")
    page = tmp_path / "probe.html"
    page.write_text(PROBE % (width, report), encoding="utf-8")
    shown = re.search(r'<pre id="found">(.*?)</pre>', rendered(page), re.DOTALL)
    assert shown
    found = json.loads(shown[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    assert found == {
        "title": "Model monitoring report",
        "headings": [
            "Model monitoring report",
            "Layers",
            "Thresholds",
            "History",
            "Metrics",
            "Measured",
            "Predictions",
        ],
        "pictures": 7,
        "verdict": "▲ 2 of 4 thresholds fire: p95_latency_ms, accuracy",
        "wide": 0,
        "outside": [],
        "flat": 0,
        "hostile": [HOSTILE, HOSTILE],
    }


def test_an_empty_monitor_has_a_page() -> None:
    page = ModelMonitor().generate_report("html")
    for words in ("Nothing to evaluate yet", "No metrics logged yet", "No predictions logged yet"):
        assert words in page
    assert "<svg" not in page


def test_a_directory_of_release_0_4_with_times_of_every_kind_has_a_page(tmp_path: Path) -> None:
    times = ["2024-01-01T12:00:00.1", "yesterday", "2024-01-02T12:00:00+01:00", ""]
    entries = [{"timestamp": time, "model_version": "1.0.0", "metrics": {"accuracy": 0.9}} for time in times]
    (tmp_path / "metrics_history.json").write_text(json.dumps(entries))
    monitor = ModelMonitor()
    monitor.load_logs(tmp_path)
    assert "2 values from 2024-01-01 12:00 to 2024-01-02 11:00" in monitor.generate_report("html")


def test_a_page_of_very_many_metrics_plots_those_with_a_limit_first() -> None:
    monitor = ModelMonitor()
    monitor.log_metrics({**{f"n_{number}": number for number in range(MOST_PLOTS + 4)}, "accuracy": 0.9})
    page = monitor.generate_report("html")
    assert "<title>accuracy</title>" in page
    assert "5 more metrics are not plotted" in page


def test_an_unknown_format_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match="unknown format 'pdf'; formats are text, markdown, html"):
        ModelMonitor().generate_report("pdf")  # type: ignore[arg-type]


@given(st.text(), st.text(), st.one_of(st.floats(), st.none(), st.text(), st.lists(st.integers())))
def test_any_names_and_values_have_a_report_in_every_form(name: str, prediction: str, value: object) -> None:
    monitor = ModelMonitor({"metric_thresholds": {"accuracy": 0.5}})
    try:
        monitor.log_metrics({name: value, "accuracy": 0.9})
    except TypeError:  # a lone surrogate, say, is no JSON
        return
    monitor.log_metrics({name: 1.0})
    monitor.log_prediction({}, prediction)
    assert "MODEL MONITORING REPORT" in monitor.generate_report()
    assert "# Model monitoring report" in monitor.generate_report("markdown")
    tags = {tag for tag, _ in Page(monitor.generate_report("html")).tags}
    assert "script" not in tags


def test_one_entry_is_one_entry() -> None:
    monitor = ModelMonitor()
    monitor.log_metrics({"accuracy": 0.9})
    monitor.log_prediction({}, 1)
    page = monitor.generate_report("html")
    assert f"1 entry, {monitor.metrics_history[0]['timestamp']}" in page
    assert f"1 prediction, {monitor.predictions_log[0]['timestamp']}" in page
