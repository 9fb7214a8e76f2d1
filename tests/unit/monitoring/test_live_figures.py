"""Live figures: what the counts of the scoring pods amount to."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops.monitoring.bins import BY_COLUMN, ColumnCounts, psi
from easy_mlops.monitoring.figures import LIVE, live_figure
from easy_mlops.monitoring.summary import merge
from easy_mlops.rules.figure import Figure
from easy_mlops.rules.metrics import METRICS
from easy_mlops.rules.rule import EffectiveRule
from summaries import summary


def rule(metric: str, column: str | None = None) -> EffectiveRule:
    return EffectiveRule(metric, metric, ">", 0.5, "rules", column=column)


def figure(metric: str, column: str | None = None, **counts: Any) -> Figure:
    return live_figure(summary("d", **counts), rule(metric, column))


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
    assert figure(metric) == Figure(0.0, window="5m")


@pytest.mark.parametrize("metric", sorted(set(LIVE) - {"request_count", "row_count", *BY_COLUMN}))
def test_a_rate_of_nothing_is_no_value(metric: str) -> None:
    found = figure(metric)
    assert found.value is None
    assert found.samples == 0


def test_the_null_rate_is_that_of_the_worst_column_and_names_up_to_three() -> None:
    found = figure("null_rate", requests=100, nulls={"a": 1, "b": 30, "c": 0, "d": 2, "e": 3})
    assert found.value == 0.3
    assert found.top == ("b 0.3", "e 0.03", "d 0.02")


def test_columns_without_nulls_contribute_nothing() -> None:
    assert figure("null_rate", requests=10, nulls={"a": 0}) == Figure(0.0, 10, "a", "5m")
    assert figure("null_rate", requests=10) == Figure(0.0, 10, window="5m")


def test_a_rule_can_be_about_one_column() -> None:
    assert figure("null_rate", "c", requests=100, nulls={"b": 30, "c": 10}) == Figure(
        0.1, 100, "c", "5m", top=("c 0.1",)
    )


def test_a_column_that_is_not_there_is_reported_with_the_nearest() -> None:
    found = figure("null_rate", "aeg", requests=10, nulls={"age": 3, "name": 1})
    assert found.value is None
    assert found.reason == "UnknownColumn"
    assert "did you mean 'age'?" in found.explanation


def of_columns(metric: str, column: str | None = None, left_out: int = 0) -> Figure:
    """Of two pods: in `age` half of the rows of the one and all of the other's are missing, `plan` has new values."""
    pods = [summary("d", rows=100), summary("d", rows=100)]
    for missing, pod in zip((50, 100), pods, strict=True):
        pod.reference = {"age": (100, 100, 0), "plan": (100, 100, 0)}
        pod.left_out = left_out
        for window in pod.windows.values():
            window.drift = {
                "age": ColumnCounts([100 - missing, 0, missing], shift=-0.5 * (100 - missing)),
                "plan": ColumnCounts([50, 50, 0], unseen=20),
            }
    merged = merge(pods)
    assert merged is not None
    return live_figure(merged, rule(metric, column))


def test_counts_of_all_pods_are_added_before_a_metric_is_computed() -> None:
    found = of_columns("psi")
    assert found.value == pytest.approx(psi((100, 100, 0), (50, 0, 150)))
    assert (found.samples, found.column) == (200, "age")
    assert found.top[0].startswith("age ")


def test_a_mean_shift_has_no_sign_and_is_of_the_values_that_are_there() -> None:
    assert of_columns("feature_mean_shift").value == pytest.approx(0.5)
    assert of_columns("feature_mean_shift").samples == 50


def test_a_rule_can_ask_for_a_column_that_is_not_the_worst() -> None:
    found = of_columns("psi", "plan")
    assert (found.value, found.column) == (0.0, "plan")
    assert of_columns("unseen_category_rate").value == 0.2


def test_columns_that_no_summary_had_room_for_are_owned_up_to() -> None:
    found = of_columns("psi", "plam", left_out=7)
    assert found.reason == "UnknownColumn"
    assert "did you mean 'plan'?" in found.explanation
    assert "7 columns are omitted: summary size limit" in found.explanation


@pytest.mark.parametrize("metric", BY_COLUMN)
def test_a_model_without_a_reference_says_so(metric: str) -> None:
    assert figure(metric, rows=10).reason == "NoReference"


def test_requests_that_are_not_of_the_schema_are_reported_by_column() -> None:
    pod = summary("d", requests=10)
    assert live_figure(pod, rule("schema_hash_mismatch")) == Figure(0.0, 10, window="5m")
    pod.windows["5m"].mismatches = {"age": 2, "agee": 3}
    found = live_figure(pod, rule("schema_hash_mismatch"))
    assert (found.value, found.column, found.top) == (1.0, "agee", ("agee 3", "age 2"))


def test_each_formula_has_a_row_in_the_table_of_metrics() -> None:
    assert {*LIVE, *BY_COLUMN} <= set(METRICS)
    data = {"row_count", "null_rate", "schema_hash_mismatch", *BY_COLUMN}
    assert {name for name in LIVE if METRICS[name].layer == "data"} == data
    assert {METRICS[name].layer for name in LIVE} == {"data", "system"}
