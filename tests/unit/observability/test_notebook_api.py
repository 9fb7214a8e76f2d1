"""The notebook's `log_metric` and `check_threshold`, and its simulation with the seed 42."""

from __future__ import annotations

import csv
import importlib
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from easy_mlops.observability import RULES, check_threshold, log_metric
from processes import run_together, waits_for_lock

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "notebook"
HEADER = ["ts", "name", "value", "layer", "model_version", "window", "context"]


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_a_metric_is_a_row_below_the_header(tmp_path: Path) -> None:
    path = tmp_path / "new" / "metrics.csv"
    row = log_metric("job_success", 1, layer="system", window="1d", path=path, job="nightly_batch")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row[0])
    assert row[1:] == ["job_success", 1.0, "system", "v1", "1d", '{"job": "nightly_batch"}']
    log_metric("bad_rate", np.float64(0.5), layer="business", path=path, model_version="v2", n=np.int64(3))
    assert rows(path) == [
        HEADER,
        [str(value) for value in row],
        [rows(path)[2][0], "bad_rate", "0.5", "business", "v2", "1m", '{"n": 3}'],
    ]


def test_the_file_is_the_environments_or_is_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EASY_MLOPS_METRICS", raising=False)
    log_metric("a", 1, layer="data")
    monkeypatch.setenv("EASY_MLOPS_METRICS", str(tmp_path / "other.csv"))
    log_metric("b", 1, layer="data")
    assert [rows(tmp_path / name)[1][1] for name in ("metrics.csv", "other.csv")] == ["a", "b"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"name": "a", "value": 1, "layer": "infra"}, ValueError),
        ({"name": "a", "value": "high", "layer": "data"}, ValueError),
        ({"name": "a", "value": None, "layer": "data"}, TypeError),
        ({"name": "a", "value": 1, "layer": "data", "why": object()}, TypeError),
    ],
)
def test_what_cannot_be_a_row_is_refused_before_anything_is_written(
    tmp_path: Path, arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        log_metric(**arguments, path=tmp_path / "metrics.csv")
    assert not (tmp_path / "metrics.csv").exists()


def test_a_row_after_one_that_a_crash_cut_off_stands_on_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(",".join(HEADER) + "\r\n2026-11-21T21:00:00Z,a,1.")
    log_metric("b", 2, layer="data", path=path)
    assert [row[1] for row in rows(path)] == ["name", "a", "b"]


def test_there_is_one_header_however_many_processes_write(tmp_path: Path) -> None:
    code = """
        import sys
        from easy_mlops.observability import log_metric
        for number in range(50):
            log_metric("n", number, layer="model", path=sys.argv[1], who=int(sys.argv[2]))
    """
    run_together(code, 4, tmp_path / "metrics.csv")
    header, *body = rows(tmp_path / "metrics.csv")
    assert header == HEADER
    found = sorted((json.loads(row[6])["who"], float(row[2])) for row in body)
    assert found == [(who, float(number)) for who in range(4) for number in range(50)]


def test_a_row_waits_for_that_of_another_process(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    waits_for_lock(path, lambda: log_metric("a", 1, layer="data", path=path))
    assert [row[1] for row in rows(path)] == ["name", "a"]


def test_a_metric_without_a_rule_is_ok() -> None:
    assert check_threshold("accuracy", 0.1) == {"status": "ok"}


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("rolling_mae", 0.15, "alert"),
        ("rolling_mae", 0.12, "alert"),
        ("rolling_mae", 0.11, "ok"),
        ("p95_latency_ms", 249, "ok"),
        ("p95_latency_ms", 300, "alert"),
        ("rolling_mae", float("nan"), "alert"),
    ],
)
def test_the_notebooks_rules_alert_beyond_their_limit_and_at_it(name: str, value: float, status: str) -> None:
    assert check_threshold(name, value) == {"status": status, "rule": RULES[name]}


@pytest.mark.parametrize(("value", "status"), [(0.7, "alert"), (0.8, "alert"), (0.9, "ok")])
def test_rules_of_the_user_replace_the_notebooks(value: float, status: str) -> None:
    rules = {"accuracy": {"op": "<", "value": 0.8}}
    assert check_threshold("accuracy", value, rules)["status"] == status
    assert check_threshold("rolling_mae", 1.0, rules) == {"status": "ok"}


@pytest.mark.parametrize("rule", [{"op": "~", "value": 1}, {"value": 1}, {"op": ">"}, {"op": ">", "value": "high"}])
def test_a_rule_that_cannot_be_understood_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="rule of x"):
        check_threshold("x", 1, {"x": rule})


@pytest.mark.parametrize("value", [None, "0.1"])
def test_what_is_no_number_raises(value: Any) -> None:
    with pytest.raises(TypeError):
        check_threshold("rolling_mae", value)


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's files can be imported, as when one of them is run."""
    monkeypatch.syspath_prepend(EXAMPLES)
    for name in ("simulation", "plot"):
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.fixture
def simulation(examples: None) -> ModuleType:
    return importlib.import_module("simulation")


def test_the_simulation_has_the_notebooks_figures(simulation: ModuleType, tmp_path: Path) -> None:
    outcome = simulation.simulate(tmp_path / "metrics.csv")
    body = rows(tmp_path / "metrics.csv")[1:]
    assert len(body) == outcome.rows == 203
    assert outcome.mae_alerts == []
    assert round(max(outcome.maes.values()), 4) == 0.0861
    assert len(outcome.latency_alerts) == 13
    assert outcome.latency_alerts[0] == 86
    assert outcome.relative_alerts[0] == 88


def test_the_simulations_rows_are_what_the_notebook_writes(simulation: ModuleType, tmp_path: Path) -> None:
    simulation.simulate(tmp_path / "metrics.csv")
    body = rows(tmp_path / "metrics.csv")[1:]
    assert body[0][1:] == ["job_success", "1.0", "system", "v1", "1d", '{"job": "nightly_batch"}']
    assert [row[1] for row in body[1:3]] == ["rolling_mae", "p95_latency_ms"]
    assert [row[5] for row in body[1:3]] == ["20obs", "1m"]
    assert [json.loads(row[6])["step"] for row in body[1::2]] == list(range(19, 120))


@pytest.mark.usefixtures("examples")
def test_the_simulations_picture_is_that_of_its_figures() -> None:
    """`python examples/notebook/plot.py docs/images/notebook.svg` draws it again."""
    assert importlib.import_module("plot").drawing() == (ROOT / "docs/images/notebook.svg").read_text(encoding="utf-8")
