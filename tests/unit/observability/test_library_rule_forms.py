"""Rules beyond `op` and `value`, as the library judges them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from easy_mlops.observability import ModelMonitor, check_threshold, log_metric


def judged(tmp_path: Path, rule: dict[str, Any], reference: dict[str, float] | None = None) -> dict[str, Any]:
    monitor = ModelMonitor({"rules": {"r": rule}}, reference=reference)
    monitor.load_logs(tmp_path)
    return next(item for item in monitor.get_evaluations() if item["name"] == "r")


def measure(tmp_path: Path, name: str, value: float, **context: Any) -> None:
    log_metric(name, value, layer="data", path=tmp_path / "metrics.csv", **context)


@pytest.mark.parametrize(("value", "state"), [(0.1, "Firing"), (0.5, "OK"), (2.0, "Firing")])
def test_outside_has_two_ends(tmp_path: Path, value: float, state: str) -> None:
    measure(tmp_path, "slope", value)
    found = judged(tmp_path, {"metric": "slope", "op": "outside", "low": 0.2, "high": 1})
    assert (found["state"], found["limit"]) == (state, "outside 0.2 to 1")


def test_a_ratio_is_one_of_the_reference(tmp_path: Path) -> None:
    measure(tmp_path, "rolling_mae", 0.21)
    rule = {"metric": "rolling_mae", "ratio_to_reference": 2}
    assert judged(tmp_path, rule, {"mae": 0.1})["state"] == "Firing"
    assert judged(tmp_path, rule, {"mae": 0.2})["state"] == "OK"
    assert judged(tmp_path, rule)["state"] == "NoData"


def test_check_metric_threshold_knows_the_reference() -> None:
    config = {"rules": {"mae": {"ratio_to_reference": 2}}}
    monitor = ModelMonitor(config, reference={"mae": 0.1})
    assert monitor.check_metric_threshold("mae", 0.3) is True
    assert monitor.check_metric_threshold("mae", 0.1) is False
    with pytest.raises(ValueError, match="'mae' is relative to a reference"):
        ModelMonitor(config).check_metric_threshold("mae", 0.3)


def test_too_few_samples_are_no_data_where_their_number_is_reported(tmp_path: Path) -> None:
    measure(tmp_path, "psi", 3.0, n=120, column="age")
    found = judged(tmp_path, {"metric": "psi", "op": ">", "value": 0.2, "min_samples": 200})
    assert (found["state"], found["samples"], found["worst_column"]) == ("NoData", 120, "age")
    assert found["message"] == "psi of age: too few samples over 1m (n=120 < 200)"
    assert judged(tmp_path, {"metric": "psi", "op": ">", "value": 0.2, "min_samples": 100})["state"] == "Firing"


@pytest.mark.parametrize(("policy", "state"), [("unknown", "NoData"), ("ok", "OK"), ("alert", "Firing")])
def test_no_data_is_what_the_rule_says(tmp_path: Path, policy: str, state: str) -> None:
    assert judged(tmp_path, {"metric": "auc", "op": "<", "value": 0.7, "no_data": policy})["state"] == state


def test_keep_last_is_the_last_verdict_that_there_was(tmp_path: Path) -> None:
    for value, rows in ((0.1, 900), (0.4, 900), (0.0, 3)):
        measure(tmp_path, "psi", value, n=rows)
    found = judged(tmp_path, {"metric": "psi", "op": ">", "value": 0.2, "no_data": "keep_last"})
    assert (found["state"], found["value"]) == ("Firing", 0.4)


def test_a_report_tells_the_column_and_the_runbook_of_what_fires(tmp_path: Path) -> None:
    measure(tmp_path, "null_rate", 0.5, column="age")
    rule = {"metric": "null_rate", "op": ">", "value": 0.2, "runbook": "#nulls"}
    monitor = ModelMonitor({"rules": {"r": rule}})
    monitor.load_logs(tmp_path)
    for form in ("text", "markdown", "html"):
        report = monitor.generate_report(form)
        assert "column age" in report
        assert "nulls" in report


@pytest.mark.parametrize(
    ("rule", "value", "status"),
    [
        ({"op": "outside", "low": 1, "high": 2}, 1.5, "ok"),
        ({"op": "outside", "low": 1, "high": 2}, 2, "alert"),
        ({"ratio_to_reference": 2.0}, 0.19, "ok"),
        ({"ratio_to_reference": 2.0}, 0.2, "alert"),
    ],
)
def test_the_notebooks_function_knows_them_too(rule: dict[str, Any], value: float, status: str) -> None:
    found = check_threshold("rolling_mae", value, {"rolling_mae": rule}, {"mae": 0.1})
    assert found == {"status": status, "rule": rule}


def test_the_notebooks_function_does_not_guess_a_reference() -> None:
    with pytest.raises(ValueError, match="relative to a reference"):
        check_threshold("mae", 1.0, {"mae": {"ratio_to_reference": 2.0}})
