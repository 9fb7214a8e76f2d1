"""Alerts link to existing runbooks, and all PromQL expressions use existing metrics."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deployments import write_deployment
from easy_mlops_operator.builders.deployment import PORT
from easy_mlops_operator.controller.leadership.elector import Alone
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.workqueue.queue import Queue
from easy_mlops_operator.telemetry.health import Health
from easy_mlops_operator.telemetry.metrics import OperatorMetrics
from monitoring import alerts, dashboard_queries, metrics_in, metrics_of, pod_monitors
from scoring_service import scoring_server
from sklearn.linear_model import LinearRegression

ROOT = Path(__file__).resolve().parents[3]
ASKED = [(alert["alert"], alert["expr"]) for alert in alerts()] + list(dashboard_queries())
ALERTS = pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])


def anchors(page: Path) -> set[str]:
    """The anchors of a page."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@ALERTS
def test_the_runbook_of_an_alert_exists(alert: dict[str, Any]) -> None:
    page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert page in {"docs/troubleshooting.md", "docs/reasons.md"}
    assert anchor in anchors(ROOT / page)


@ALERTS
def test_an_alert_has_a_severity_and_a_description(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in {"warning", "critical", "{{ $labels.severity }}"}
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    assert f"`{alert['alert']}`" in (ROOT / "docs/monitoring.md").read_text()


def test_links_of_the_page_about_monitoring_are_valid() -> None:
    links = re.findall(r"\]\(([\w.-]+)#([\w-]+)\)", (ROOT / "docs/monitoring.md").read_text())
    assert len(links) >= len(alerts())
    assert [link for link in links if link[1] not in anchors(ROOT / "docs" / link[0])] == []


@pytest.fixture(scope="module")
def scoring_metrics(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the metrics of a real scoring service."""
    frame = pd.DataFrame({"size": [1.0, 2.0, 3.0]})
    directory = tmp_path_factory.mktemp("models") / "model"
    write_deployment(directory, LinearRegression().fit(frame, [1, 2, 3]), frame)
    with (
        scoring_server(directory) as server,
        urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=10) as answer,
    ):
        return metrics_of(answer.read().decode())


@pytest.fixture
async def operator_metrics() -> set[str]:
    """Names of the operator's metrics."""
    metrics, store, queue = OperatorMetrics(), Store(), Queue()
    metrics.watch(store, queue, Health(store, queue, Alone()))
    return metrics_of(metrics.render().decode())


def test_promql_expressions_use_existing_metrics(operator_metrics: set[str], scoring_metrics: set[str]) -> None:
    asked = set[str]().union(*(metrics_in(expression) for _, expression in ASKED))
    assert asked - (operator_metrics | scoring_metrics) == set()


def test_the_document_names_the_operators_metrics_and_no_others(operator_metrics: set[str]) -> None:
    text = (ROOT / "docs/monitoring.md").read_text().partition("## Alerts")[0]
    told = {re.sub("_(bucket|sum|count)$", "", name) for name in operator_metrics if name.startswith("easymlops_")}
    assert {name for name in metrics_in(text) if name.startswith("easymlops_")} == told


def test_pods_are_scraped_on_the_port_on_which_they_listen() -> None:
    ports = {endpoint["port"] for monitor in pod_monitors().values() for endpoint in monitor["podMetricsEndpoints"]}
    assert ports == {PORT} == {"http"}
