"""What `log_metric` wrote into a deployment's logs is judged and reported."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from easy_mlops.observability import ModelMonitor, log_metric
from easy_mlops.observability.measurements import read_measurements
from processes import python, run_together

HEADER = "ts,name,value,layer,model_version,window,context\r\n"
WHOLE = '2026-11-24T10:00:00Z,psi,0.3,data,v1,1d,"{""column"": ""age""}"\r\n'


def monitor_of(directory: Path, config: dict[str, Any] | None = None) -> ModelMonitor:
    monitor = ModelMonitor(config)
    monitor.load_logs(directory)
    return monitor


def states(monitor: ModelMonitor) -> dict[str, tuple[str, float | None]]:
    return {item["name"]: (item["state"], item["value"]) for item in monitor.get_evaluations()}


def measure(directory: Path, name: str, *values: float, layer: Any = "system", **context: Any) -> None:
    for value in values:
        log_metric(name, value, layer=layer, path=directory / "metrics.csv", **context)


def test_the_latest_value_is_judged_by_the_rules_that_name_it(tmp_path: Path) -> None:
    measure(tmp_path, "p95_latency_ms", 300, 200)
    measure(tmp_path, "rolling_mae", 0.1, 0.2, layer="model")
    rules = {"p95_latency_ms": {"op": ">", "value": 250}, "rolling_mae": {"op": ">", "value": 0.12}}
    assert states(monitor_of(tmp_path, {"rules": rules})) == {
        "p95_latency_ms": ("OK", 200.0),
        "rolling_mae": ("Firing", 0.2),
    }


@pytest.mark.parametrize(
    ("name", "layer", "value", "rule"),
    [
        ("schema_hash_mismatch", "data", 1, {"op": "!=", "value": 0}),
        ("null_rate", "data", 0.2, {"op": ">", "value": 0.05, "column": "age"}),
        ("feature_mean_shift", "data", 0.7, {"op": ">", "value": 0.5, "min_samples": 1}),
        ("psi", "data", 0.3, {"op": ">", "value": 0.25, "min_samples": 1}),
        ("row_count", "data", 3, {"op": "<", "value": 100}),
        ("freshness_minutes", "data", 90, {"op": ">", "value": 60}),
        ("rolling_mae", "model", 0.13, {"op": ">", "value": 0.12}),
        ("rolling_auc", "model", 0.6, {"op": "<", "value": 0.7}),
        ("calibration_slope", "model", 0.7, {"op": "<", "value": 0.8}),
        ("p95_latency_ms", "system", 300, {"op": ">", "value": 250}),
        ("error_rate", "system", 0.02, {"op": ">", "value": 0.01}),
        ("availability", "system", 0.98, {"op": "<", "value": 0.99}),
        ("approval_rate", "business", 0.1, {"op": "<", "value": 0.2}),
        ("bad_rate", "business", 0.1, {"op": ">", "value": 0.05}),
        ("revenue_per_decision", "business", 1.5, {"op": "<", "value": 2}),
    ],
)
def test_every_risk_of_the_notebook_has_a_metric_that_can_fire(
    tmp_path: Path, name: str, layer: str, value: float, rule: dict[str, Any]
) -> None:
    context = {"column": rule["column"]} if "column" in rule else {}
    measure(tmp_path, name, value, layer=layer, **context)
    monitor = monitor_of(tmp_path, {"rules": {"risk": {"metric": name, **rule}}})
    assert states(monitor)["risk"] == ("Firing", value)


def test_what_no_rule_names_is_listed_without_a_limit_and_never_by_a_default(tmp_path: Path) -> None:
    measure(tmp_path, "rolling_mae", 0.9, layer="model")
    (found,) = monitor_of(tmp_path).get_evaluations()
    assert (found["state"], found["value"], found["message"]) == ("NoRule", 0.9, "it has no limit")


def test_a_rule_for_a_column_sees_that_column_and_one_without_the_latest_value(tmp_path: Path) -> None:
    measure(tmp_path, "null_rate", 0.3, layer="data", column="age")
    measure(tmp_path, "null_rate", 0.1, layer="data", column="city")
    rules = {
        "ages": {"metric": "null_rate", "column": "age", "op": ">", "value": 0.2},
        "nulls": {"metric": "null_rate", "op": ">", "value": 0.2},
        "tenures": {"metric": "null_rate", "column": "tenure", "op": ">", "value": 0.2},
    }
    monitor = monitor_of(tmp_path, {"rules": rules})
    assert states(monitor) == {"ages": ("Firing", 0.3), "nulls": ("OK", 0.1), "tenures": ("NoData", None)}
    assert [item["column"] for item in monitor.get_evaluations()] == ["age", None, "tenure"]


def test_a_value_that_is_no_number_has_no_verdict(tmp_path: Path) -> None:
    measure(tmp_path, "rolling_mae", 0.1, float("nan"), layer="model")
    monitor = monitor_of(tmp_path, {"rules": {"rolling_mae": {"op": ">", "value": 0.12}}})
    (found,) = monitor.get_evaluations()
    assert (found["state"], found["value"], found["message"]) == ("NoData", None, "rolling_mae is not a finite number")


def test_of_a_metric_logged_and_measured_the_newer_value_is_judged(tmp_path: Path) -> None:
    saved = ModelMonitor()
    saved.log_metrics({"accuracy": 0.9, "recall": 0.9})
    saved.save_logs(tmp_path)
    old, new = "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
    rows = [f"{old},accuracy,0.1,model,v1,1d,{{}}\r\n", f"{new},recall,0.1,model,v1,1d,{{}}\r\n"]
    (tmp_path / "metrics.csv").write_text(HEADER + "".join(rows), newline="")
    assert states(monitor_of(tmp_path)) == {"accuracy": ("OK", 0.9), "recall": ("Firing", 0.1)}


@pytest.mark.parametrize("cut", range(1, len(WHOLE)))
def test_a_row_that_is_not_written_to_its_end_is_not_read(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "metrics.csv"
    path.write_bytes((HEADER + WHOLE + WHOLE[:cut]).encode())
    assert [row.value for row in read_measurements(tmp_path)] == [0.3]


@pytest.mark.parametrize("cut", range(1, len(WHOLE) - 2))
def test_what_a_crash_cut_off_takes_no_later_row_with_it(
    tmp_path: Path, cut: int, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "metrics.csv").write_bytes((HEADER + WHOLE[:cut]).encode())
    measure(tmp_path, "later", 1.0)
    assert [row.name for row in read_measurements(tmp_path)] == ["later"]
    assert "has a damaged row" in caplog.text


def test_a_file_of_a_notebooks_own_logger_is_read(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text(
        "ts,name,value,layer,model_version,window,context\n"
        '2026-11-24T10:00:00.123456Z,bad_rate,0.5,business,v1,1m,"{""step"": 3}"\n\n'
        "2026-11-24T10:00:01,bad_rate,0.25,business,v1,1m,{}\n"
    )
    assert [(row.name, row.value, row.layer) for row in read_measurements(tmp_path)] == [
        ("bad_rate", 0.5, "business"),
        ("bad_rate", 0.25, "business"),
    ]


def test_in_a_deployment_the_file_is_in_its_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EASY_MLOPS_METRICS", raising=False)
    (tmp_path / "SHA256SUMS").touch()
    log_metric("a", 1, layer="data")
    assert [row.name for row in read_measurements(tmp_path / "logs")] == ["a"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["SHA256SUMS", "logs"]


@pytest.mark.parametrize("field", ["name", "model_version", "window"])
@pytest.mark.parametrize("bad", ["a\nb", "a\r", "a\u2028b", 3])
def test_a_row_is_one_line(tmp_path: Path, field: str, bad: Any) -> None:
    arguments: dict[str, Any] = {"name": "a", field: bad}
    with pytest.raises(ValueError, match=field):
        log_metric(**arguments, value=1, layer="data", path=tmp_path / "metrics.csv")
    assert not (tmp_path / "metrics.csv").exists()


def test_a_reader_meets_whole_rows_only_while_processes_write(tmp_path: Path) -> None:
    code = """
        import logging, pathlib, sys
        from easy_mlops.observability import log_metric
        from easy_mlops.observability.measurements import read_measurements
        logging.disable(logging.NOTSET)
        logs, seen = pathlib.Path(sys.argv[1]), 0
        for number in range(100):
            log_metric("n", 100, layer="data", path=logs / "metrics.csv", pad="x" * 2000)
            rows = read_measurements(logs)
            assert {row.value for row in rows} == {100.0}
            assert len(rows) > max(number, seen - 1)
            seen = len(rows)
    """
    run_together(code, 4, tmp_path)
    assert len(read_measurements(tmp_path)) == 400


def test_a_kill_loses_no_row_that_was_returned(tmp_path: Path) -> None:
    code = """
        import sys
        from easy_mlops.observability import log_metric
        number = 0
        while True:
            log_metric("n", number, layer="data", path=sys.argv[1] + "/metrics.csv")
            number += 1
            print(number)
    """
    with python(code, tmp_path) as process:
        assert process.stdout
        returned = next(int(line) for line in process.stdout if int(line) >= 200)
        process.send_signal(signal.SIGKILL)
    found = [row.value for row in read_measurements(tmp_path)]
    assert len(found) >= returned
    assert found == list(range(len(found)))
