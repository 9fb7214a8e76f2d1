"""Suppression windows on a laptop: an alert stays visible, is marked, and does not fail a scheduled `status`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from easy_mlops.cli.main import main
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.observability import ModelMonitor
from easy_mlops.observability.evaluation import evaluate

NIGHT = {"name": "nightly load", "start": "02:00", "end": "03:00", "rules": ["rmse"]}
LIMITS = {"metric_thresholds": {"rmse": 0.5, "mae": 0.5}}
ALWAYS = {"name": "migration", "start": "00:00", "end": "00:00"}


@pytest.mark.parametrize(
    ("clock", "value", "suppressed"),
    [("02:00", 0.9, True), ("02:59", 0.9, True), ("03:00", 0.9, False), ("01:59", 0.9, False), ("02:30", 0.1, False)],
)
def test_what_fires_while_a_window_is_open_is_suppressed_and_still_fires(
    clock: str, value: float, suppressed: bool
) -> None:
    section = ObservabilitySection.parse({**LIMITS, "runbook": {"suppression_windows": [NIGHT]}})
    now = datetime.fromisoformat(f"2026-11-24T{clock}:00+00:00")
    rmse, mae = evaluate(section, {"metrics": {"rmse": value, "mae": value}}, now=now)
    assert rmse.state == mae.state == ("Firing" if value > 0.5 else "OK")
    told = ("nightly load", "2026-11-24T03:00:00Z") if suppressed else ("", "")
    assert (rmse.suppressed, rmse.suppressed_by, rmse.suppressed_until) == (suppressed, *told)
    assert mae.suppressed is False


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_a_report_names_the_window(form: Any) -> None:
    monitor = ModelMonitor({**LIMITS, "runbook": {"suppression_windows": [ALWAYS]}})
    monitor.log_metrics({"rmse": 0.9})
    report = monitor.generate_report(form)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert f"suppressed by migration until {tomorrow:%Y-%m-%d}T00:00:00Z" in report.replace("\\", "")
    assert "Firing" in report


def test_check_metric_threshold_knows_no_window() -> None:
    monitor = ModelMonitor({**LIMITS, "runbook": {"suppression_windows": [ALWAYS]}})
    assert monitor.check_metric_threshold("rmse", 0.9) is True


@pytest.mark.parametrize(("windows", "code"), [([], 1), ([ALWAYS], 0)])
def test_fail_on_alert_waits_for_the_end_of_the_window(
    tmp_path: Path, windows: list[dict[str, str]], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    section = {**LIMITS, "runbook": {"suppression_windows": windows}}
    monitor = ModelMonitor(section)
    monitor.log_metrics({"rmse": 0.9})
    monitor.save_logs(tmp_path / "logs")
    config = tmp_path / "rules.yaml"
    config.write_text(ObservabilitySection.parse(section).model_dump_json().join(['{"observability": ', "}"]))
    assert main(["status", str(tmp_path), "-c", str(config), "--fail-on-alert"]) == code
    assert ("suppressed by migration" in capsys.readouterr().out) is bool(windows)


@pytest.mark.parametrize(
    ("own", "read"),
    [("#rmse", "https://x/runbook#rmse"), ("https://y", "https://y"), ("", "https://x/runbook")],
)
def test_a_rule_without_a_page_of_its_own_is_reported_with_that_of_the_runbook(own: str, read: str) -> None:
    rules = {"rmse": {"op": ">", "value": 0.5, "runbook": own}}
    section = ObservabilitySection.parse({"rules": rules, "runbook": {"url": "https://x/runbook"}})
    (found,) = evaluate(section, {"metrics": {"rmse": 0.9}})
    assert found.runbook == read
