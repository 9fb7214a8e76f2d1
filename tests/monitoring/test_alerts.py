"""Each alert fires when it should, and does not when it should not: judged by promtool."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from monitoring import FOLDER, alerts, rule_groups

# All of it is text: `0x20` is twenty times 0 here, not a number in hexadecimal.
CASES: dict[str, Any] = yaml.load(Path(__file__).with_name("alerts.yaml").read_text(), yaml.BaseLoader)


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_are_well_formed(prometheus_programs: Path, rule_file: Path) -> None:
    run(prometheus_programs / "promtool", "check", "rules", "--lint=all", "--lint-fatal", rule_file)


def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    assert set(CASES) == {alert["alert"] for alert in alerts()}
    assert all(cases["fires"] and cases["silent"] for cases in CASES.values())


@pytest.mark.parametrize("alert", CASES)
def test_an_alert_fires_when_it_should_and_only_then(alert: str, prometheus_programs: Path, tmp_path: Path) -> None:
    groups = rule_groups()
    for group in groups["groups"]:
        for rule in group["rules"]:
            del rule["annotations"]  # their texts are not what this is about
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(groups))
    cases = [*CASES[alert]["fires"], *CASES[alert]["silent"]]
    tests = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "30s",
        "tests": [_as_promtool_reads_it(alert, case) for case in cases],
    }
    (tmp_path / "tests.yaml").write_text(json.dumps(tests))  # YAML, too, and without anchors
    run(prometheus_programs / "promtool", "test", "rules", tmp_path / "tests.yaml")


def _as_promtool_reads_it(alert: str, case: dict[str, Any]) -> dict[str, Any]:
    return {
        "interval": "30s",
        "input_series": [{"series": series, "values": values} for series, values in case["series"].items()],
        "alert_rule_test": [
            {
                "alertname": alert,
                "eval_time": case["at"],
                "exp_alerts": [{"exp_labels": case["labels"]}] if "labels" in case else [],
            }
        ],
    }


def test_grafana_and_the_prometheus_operator_know_each_field(strict: Path) -> None:
    run(strict, FOLDER / "dashboard.json", FOLDER / "pod-monitors.yaml", FOLDER / "rules.yaml")


@pytest.mark.parametrize(
    ("file", "right", "wrong", "message"),
    [
        ("dashboard.json", '"legendFormat"', '"legend"', "unexpected field 'legend'"),
        ("pod-monitors.yaml", "relabelings", "relabelConfigs", 'unknown field "relabelConfigs"'),
        ("rules.yaml", "expr:", "expression:", 'unknown field "expression"'),
    ],
)
def test_an_unknown_field_is_reported(
    strict: Path, tmp_path: Path, file: str, right: str, wrong: str, message: str
) -> None:
    (tmp_path / file).write_text((FOLDER / file).read_text().replace(right, wrong))
    done = subprocess.run([strict, tmp_path / file], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert message in done.stderr.replace("\\", "")
