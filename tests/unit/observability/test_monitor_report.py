"""The text report: both summaries and the verdicts on the latest metrics."""

from __future__ import annotations

import html
from typing import Any

import pytest
from easy_mlops.observability import ModelMonitor


def test_the_report_of_an_empty_monitor_says_that_there_is_nothing() -> None:
    report = ModelMonitor().generate_report()
    assert report.startswith("=" * 60 + "\nMODEL MONITORING REPORT\n")
    for line in ("  No metrics logged yet", "  No predictions logged yet", "  Nothing to evaluate yet"):
        assert line in report.splitlines()


def test_the_report_has_totals_times_and_the_latest_metrics_with_four_decimals() -> None:
    monitor = ModelMonitor()
    monitor.log_metrics({"accuracy": 0.9})
    monitor.log_metrics({"accuracy": 0.91234, "rmse": None, "kind": "forest"})
    monitor.log_prediction({}, 1)
    metrics, predictions = monitor.get_metrics_summary(), monitor.get_predictions_summary()
    lines = monitor.generate_report().splitlines()
    for line in (
        "  Total logs: 2",
        f"  First log: {metrics['first_log']}",
        f"  Last log: {metrics['last_log']}",
        "    accuracy: 0.9123",
        "    rmse: -",
        "    kind: forest",
        "  Total predictions: 1",
        f"  First prediction: {predictions['first_prediction']}",
        f"  Last prediction: {predictions['last_prediction']}",
    ):
        assert line in lines


def test_the_report_tells_value_limit_direction_and_verdict() -> None:
    monitor = ModelMonitor(
        {
            "metric_thresholds": {"accuracy": 0.85},
            "rules": {"mae_page": {"metric": "mae", "op": ">", "value": 0.2, "severity": "critical"}},
        }
    )
    monitor.log_metrics({"accuracy": 0.82, "mae": 0.1, "f1_score": None, "cv_std": 0.01})
    lines = [" ".join(line.split()) for line in monitor.generate_report().splitlines()]
    for line in (
        "mae_page OK 0.1000 alert when > 0.2000, lower is better (rules)",
        "accuracy Firing 0.8200 alert when < 0.8500, higher is better (metric_thresholds)",
        "f1_score NoData - alert when < 0.8000, higher is better (default)",
        "cv_std NoRule 0.0100 spreads and counts have no default limit",
    ):
        assert line in lines


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_a_verdict_is_not_contradicted_by_its_own_text(form: Any) -> None:
    monitor = ModelMonitor({"metric_thresholds": {"accuracy": 0.95, "recall": 0.9}})
    monitor.log_metrics({"accuracy": 0.9499999, "recall": 0.95})
    report = html.unescape(monitor.generate_report(form)).replace("\\", "")
    assert "0.9499999" in report
    assert "alert when < 0.95, " in report
    assert "alert when < 0.9000, " in report


def test_evaluations_judge_the_latest_entry_only_and_are_plain_data() -> None:
    monitor = ModelMonitor({"rules": {"p95_latency_ms": {"op": ">", "value": 250}}})
    monitor.log_metrics({"accuracy": 0.5})
    monitor.log_metrics({"accuracy": 0.9, "matrix": [[1, 2]]})
    latency, accuracy = monitor.get_evaluations()
    assert (latency["name"], latency["state"], latency["value"]) == ("p95_latency_ms", "NoData", None)
    assert {key: value for key, value in accuracy.items() if value} == {
        "name": "accuracy",
        "metric": "accuracy",
        "state": "OK",
        "value": 0.9,
        "op": "<",
        "threshold": 0.8,
        "direction": "higher",
        "source": "default",
        "severity": "warning",
        "message": "accuracy = 0.9, limit < 0.8",
        "limit": "< 0.8",
        "value_text": "0.9",
    }


def test_a_rule_about_a_column_has_no_data_here() -> None:
    rules = {"age": {"metric": "null_rate", "column": "age", "op": ">", "value": 0.1}}
    monitor = ModelMonitor({"rules": rules, "metric_thresholds": {"null_rate": 0.5}})
    monitor.log_metrics({"null_rate": 0.2})
    assert [(found["name"], found["state"]) for found in monitor.get_evaluations()] == [
        ("age", "NoData"),
        ("null_rate", "OK"),
    ]


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "high", True])
def test_what_is_no_number_is_neither_ok_nor_an_alert(value: Any) -> None:
    monitor = ModelMonitor({"metric_thresholds": {"accuracy": 0.8, "recall": 0.8}})
    monitor.log_metrics({"accuracy": value})
    found = {item["name"]: (item["state"], item["message"]) for item in monitor.get_evaluations()}
    assert found == {
        "accuracy": ("NoData", "accuracy is not a finite number"),
        "recall": ("NoData", "recall is not measured; measured metrics: accuracy"),
    }
