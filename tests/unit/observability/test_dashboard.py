"""The dashboard of a report: four layers from the data to the business, and the runbook."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from easy_mlops.observability import ModelMonitor, log_metric
from seeds import NOTEBOOK, there

RUNBOOK = {
    "url": "https://example.com/churn",
    "owner": "team churn",
    "contacts": ["Ann, +49 30 1", "Bo"],
    "escalation": "head of data",
    "remediation": ["look at the data", "go back to the earlier version"],
    "suppression_windows": [
        {"name": "load", "start": "02:00", "end": "03:00", "days": ["mon"], "zone": "Europe/Berlin", "rules": ["rmse"]}
    ],
}
DASHBOARD = {
    "Data": ["freshness_minutes", "null_rate", "schema_hash_mismatch"],
    "Model": ["rolling_mae", "rolling_auc", "ece", "psi_of_scores"],
    "System": ["p95_latency_ms", "error_rate", "availability"],
    "Business": ["approval_rate", "bad_rate", "revenue_per_decision"],
}
FORMS: list[Any] = ["text", "markdown", "html"]


def words(report: str) -> str:
    """The visible text, without tags, escapes and extra blanks."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", report.replace("\\", ""))).replace("|", " ").split())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("layer", DASHBOARD)
def test_each_layer_shows_its_metrics_and_their_states(tmp_path: Path, form: Any, layer: str) -> None:
    monitor = ModelMonitor({"rules": {name: {"op": ">", "value": 0.5} for name in DASHBOARD[layer]}})
    for value, name in enumerate(DASHBOARD[layer]):
        log_metric(name, value, layer=layer.lower(), path=tmp_path / "metrics.csv")  # type: ignore[arg-type]
    monitor.load_logs(tmp_path)
    first, *others = DASHBOARD[layer]
    firing = ", ".join(f"{name} {value}" for value, name in enumerate(others, start=1))
    assert f"{layer} {len(others)} Firing, 1 OK {firing}, {first} 0" in words(monitor.generate_report(form))


@pytest.mark.parametrize("layer", [layer for layer in DASHBOARD if layer != "Model"])
def test_a_rule_without_data_is_in_the_layer_of_its_name(layer: str) -> None:
    monitor = ModelMonitor({"rules": {name: {"op": ">", "value": 0.5} for name in DASHBOARD[layer]}})
    named = ", ".join(f"{name} –" for name in DASHBOARD[layer])
    assert f"{layer} 3 NoData {named}" in words(monitor.generate_report())


def test_a_metric_that_was_logged_with_a_layer_is_in_that_one(tmp_path: Path) -> None:
    monitor = ModelMonitor()
    log_metric("error_rate", 0.1, layer="business", path=tmp_path / "metrics.csv")
    monitor.load_logs(tmp_path)
    assert "Business 1 NoRule error_rate 0.1" in words(monitor.generate_report())
    assert "System – no metrics" in words(monitor.generate_report())


@pytest.mark.parametrize("form", FORMS)
def test_the_runbook_has_owner_steps_and_suppression(form: Any) -> None:
    shown = words(ModelMonitor({"runbook": RUNBOOK}).generate_report(form))
    for row in (
        "Runbook https://example.com/churn",
        "Owner team churn",
        "On call Ann, +49 30 1",
        "On call Bo",
        "Escalation head of data",
        "Step 2 go back to the earlier version",
        "Suppression load: mon 02:00 to 03:00 Europe/Berlin for rmse",
    ):
        assert row in shown


@pytest.mark.parametrize("form", FORMS)
def test_without_a_runbook_the_section_is_omitted(form: Any) -> None:
    assert "runbook" not in ModelMonitor().generate_report(form).lower()


@pytest.mark.parametrize("url", ["https://example.com/churn", "javascript:alert(1)", "run <b>it</b>"])
def test_only_a_url_is_a_link(url: str) -> None:
    page = ModelMonitor({"runbook": {"url": url}}).generate_report("html")
    assert ("<a " in page) is url.startswith("https")
    assert url in unescape(page)
    assert "<b>it" not in page


@there
def test_the_notebooks_dashboard_has_these_layers() -> None:
    text = NOTEBOOK.read_text().split("## 6. Dashboard")[1].split("## 7.")[0]
    assert [*DASHBOARD, "Runbook"] == re.findall(r"\*\*(\w+)\*\*", text)
