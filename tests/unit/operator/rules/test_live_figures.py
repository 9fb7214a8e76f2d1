"""Live figures: what the counts of the scoring pods amount to."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops_operator.rules.figures import LIVE, Figure
from summaries import window


def figure(metric: str, column: str | None = None, **counts: Any) -> Figure:
    return LIVE[metric][1](window(**counts), column)


@pytest.mark.parametrize(
    ("metric", "value", "samples"),
    [
        ("request_count", 200.0, None),
        ("row_count", 500.0, None),
        ("error_rate", 0.01, 200),
        ("availability", 0.99, 200),
        ("null_rate", 0.1, 500),
    ],
)
def test_figures_of_a_window(metric: str, value: float, samples: int | None) -> None:
    found = figure(metric, requests=200, errors=2, rows=500, nulls={"age": 50, "name": 5})
    assert found.value == pytest.approx(value)
    assert found.samples == samples


@pytest.mark.parametrize(("metric", "near"), [("p50_latency_ms", 50), ("p95_latency_ms", 95), ("p99_latency_ms", 99)])
def test_latencies_are_quantiles_within_two_percent(metric: str, near: float) -> None:
    found = figure(metric, latencies=range(1, 101))
    assert found.value == pytest.approx(near, rel=0.03)
    assert found.samples == 100


@pytest.mark.parametrize("metric", ["request_count", "row_count"])
def test_no_traffic_is_a_count_of_zero(metric: str) -> None:
    assert figure(metric) == Figure(0.0)


@pytest.mark.parametrize("metric", sorted(set(LIVE) - {"request_count", "row_count"}))
def test_a_rate_of_nothing_is_no_value(metric: str) -> None:
    found = figure(metric)
    assert found.value is None
    assert found.samples == 0


def test_the_null_rate_is_that_of_the_worst_column_and_names_up_to_three() -> None:
    found = figure("null_rate", requests=100, nulls={"a": 1, "b": 30, "c": 0, "d": 2, "e": 3})
    assert found.value == 0.3
    assert found.top == ("b 0.3", "e 0.03", "d 0.02")


def test_columns_without_nulls_contribute_nothing() -> None:
    assert figure("null_rate", requests=10, nulls={"a": 0}) == Figure(0.0, 10)
    assert figure("null_rate", requests=10) == Figure(0.0, 10)


def test_a_rule_can_be_about_one_column() -> None:
    assert figure("null_rate", "c", requests=100, nulls={"b": 30, "c": 10}) == Figure(0.1, 100)


def test_a_column_that_is_not_there_is_told_with_the_nearest() -> None:
    found = figure("null_rate", "aeg", requests=10, nulls={"age": 3, "name": 1})
    assert found.value is None
    assert found.reason == "UnknownColumn"
    assert "did you mean 'age'?" in found.why


def test_layers() -> None:
    assert {name for name, (layer, _) in LIVE.items() if layer == "data"} == {"row_count", "null_rate"}
    assert {layer for layer, _ in LIVE.values()} == {"data", "system"}
