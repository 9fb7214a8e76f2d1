"""Verdicts: what fires, what is OK, and what nobody can tell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops_operator.api.status import MAX_EVALUATIONS, Evaluation
from easy_mlops_operator.reconcile.conditions.evaluations import evaluate
from easy_mlops_operator.reconcile.live import LiveFigures
from hypothesis import given
from hypothesis import strategies as st
from summaries import summary

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
NO_TRAFFIC = LiveFigures(summary("d"))


def evaluations(
    section: Mapping[str, Any],
    held_out: Mapping[str, float] | None = None,
    live: LiveFigures = NO_TRAFFIC,
    *,
    previous: tuple[Evaluation, ...] = (),
    later: float = 0,
) -> tuple[Evaluation, ...]:
    parsed = ObservabilitySection.parse(section)
    return evaluate(parsed, held_out or {}, live, previous=previous, now=NOW + timedelta(seconds=later))


def one(section: Mapping[str, Any], name: str, *arguments: Any, **named: Any) -> Evaluation:
    return next(item for item in evaluations(section, *arguments, **named) if item.name == name)


def rule(op: str = ">", value: float = 0.5, **more: Any) -> dict[str, Any]:
    return {"op": op, "value": value, **more}


@pytest.mark.parametrize(
    ("op", "limit", "value", "state"),
    [
        (">", 0.5, 0.51, "Firing"),
        (">", 0.5, 0.5, "OK"),
        (">=", 0.5, 0.5, "Firing"),
        ("<", 0.5, 0.5, "OK"),
        ("<", 0.5, 0.49, "Firing"),
        ("<=", 0.5, 0.5, "Firing"),
        ("==", 0.5, 0.5, "Firing"),
        ("==", 0.5, 0.4, "OK"),
        ("!=", 0.5, 0.5, "OK"),
        ("!=", 0.5, 0.4, "Firing"),
    ],
)
def test_the_operator_of_a_rule_is_literal(op: str, limit: float, value: float, state: str) -> None:
    assert one({"rules": {"m": rule(op, limit)}}, "m", {"m": value}).state == state


@pytest.mark.parametrize(
    ("metric", "value", "limit", "state"),
    [
        ("accuracy", 0.8, 0.8, "OK"),
        ("accuracy", 0.79, 0.8, "Firing"),
        ("rmse", 0.8, 0.8, "OK"),
        ("rmse", 0.81, 0.8, "Firing"),
    ],
)
def test_a_threshold_fires_on_the_side_that_is_worse(metric: str, value: float, limit: float, state: str) -> None:
    assert one({"metric_thresholds": {metric: limit}}, metric, {metric: value}).state == state


def test_an_evaluation_tells_the_limit_and_where_it_is_written() -> None:
    found = one({"metric_thresholds": {"accuracy": 0.9}}, "accuracy", {"accuracy": 0.95112345})
    assert found.model_dump(exclude_none=True) == {
        "name": "accuracy",
        "layer": "model",
        "state": "OK",
        "value": "0.951123",
        "op": "<",
        "threshold": "0.9",
        "source": "metric_thresholds",
        "severity": "warning",
        "since": "2026-11-24T10:00:00Z",
        "message": "accuracy = 0.951123, limit < 0.9",
        "top": (),
    }


def test_what_fires_tells_value_operator_limit_window_and_samples() -> None:
    live = LiveFigures(summary("d", requests=200, errors=10))
    found = one({"rules": {"error_rate": rule(">", 0.01, severity="critical", window="1m")}}, "error_rate", {}, live)
    assert found.state == "Firing"
    assert found.message == "error_rate = 0.05 > 0.01 over 1m (n=200)"
    assert (found.layer, found.window, found.samples, found.severity) == ("system", "1m", 200, "critical")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("no_data", ["unknown", "ok", "keep_last"])
def test_what_is_no_number_is_never_ok_and_never_fires(value: float, no_data: str) -> None:
    section = {"rules": {"m": rule("<", 0.5, no_data=no_data)}}
    found = one(section, "m", {"m": value}, previous=evaluations(section, {"m": 0.6}))
    assert (found.state, found.reason, found.value) == ("NoData", "NotANumber", None)


def test_an_unknown_metric_is_no_data_and_the_message_names_the_known_ones() -> None:
    found = one({"rules": {"rolling_mae": rule()}}, "rolling_mae", {"accuracy": 0.9})
    assert (found.state, found.reason) == ("NoData", "NotMeasured")
    assert "accuracy" in found.message
    assert "p95_latency_ms" in found.message


@pytest.mark.parametrize(("requests", "state"), [(0, "NoData"), (49, "NoData"), (50, "OK"), (51, "OK")])
def test_too_few_samples_are_no_data(requests: int, state: str) -> None:
    live = LiveFigures(summary("d", requests=requests))
    found = one({"rules": {"error_rate": rule(min_samples=50)}}, "error_rate", {}, live)
    assert found.state == state
    if state == "NoData":
        assert found.reason == "TooFewSamples"
        assert found.message == f"error_rate: too few samples over 5m (n={requests} < 50)"


def test_no_requests_are_a_count_that_can_be_judged() -> None:
    assert one({"rules": {"request_count": rule("<", 1)}}, "request_count").state == "Firing"


@pytest.mark.parametrize(
    ("live", "reason", "message"),
    [
        (
            LiveFigures(explanation="has no scoring pod to tell it"),
            "NoAnswer",
            "error_rate has no scoring pod to tell it",
        ),
        (LiveFigures(pending=True), "NotCollected", "error_rate has not been collected yet"),
    ],
)
def test_figures_that_were_not_collected_are_no_data(live: LiveFigures, reason: str, message: str) -> None:
    found = one({"rules": {"error_rate": rule()}}, "error_rate", {}, live)
    assert (found.state, found.reason, found.message) == ("NoData", reason, message)


def test_until_pods_have_been_asked_the_earlier_verdict_stands() -> None:
    section = {"rules": {"error_rate": rule()}}
    before = evaluations(section, {}, LiveFigures(summary("d", requests=10, errors=9)))
    assert evaluations(section, {}, LiveFigures(pending=True), previous=before, later=60) == before


def test_the_earlier_verdict_does_not_stand_for_another_limit() -> None:
    before = evaluations(
        {"rules": {"error_rate": rule(">", 0.5)}}, {}, LiveFigures(summary("d", requests=10, errors=9))
    )
    changed = {"rules": {"error_rate": rule(">", 0.95)}}
    assert one(changed, "error_rate", {}, LiveFigures(pending=True), previous=before).state == "NoData"


def test_held_out_metrics_are_judged_whether_pods_answer_or_not() -> None:
    section = {"metric_thresholds": {"accuracy": 0.9}}
    assert one(section, "accuracy", {"accuracy": 0.8}, LiveFigures(pending=True)).state == "Firing"


def test_a_held_out_metric_without_a_limit_is_listed() -> None:
    found = one({}, "cv_std", {"cv_std": 0.01})
    assert (found.state, found.value, found.op) == ("NoRule", "0.01", None)
    assert found.message


def test_a_live_figure_without_a_limit_is_not_listed() -> None:
    live = LiveFigures(summary("d", requests=10, latencies=[5] * 10))
    assert evaluations({"alert_threshold": 0.5}, {}, live) == ()


def test_a_live_figure_takes_a_limit_of_the_guides_kind() -> None:
    live = LiveFigures(summary("d", requests=10, latencies=[300] * 10))
    found = one({"metric_thresholds": {"p95_latency_ms": 250}}, "p95_latency_ms", {}, live)
    assert (found.state, found.op, found.source) == ("Firing", ">", "metric_thresholds")


def test_a_limit_without_direction_is_not_guessed_and_not_hidden() -> None:
    found = one({"metric_thresholds": {"approval_rate": 0.4}}, "approval_rate")
    assert (found.state, found.reason) == ("NoData", "NoDirection")
    assert "metric_directions" in found.message


def test_a_limit_on_a_metric_that_nothing_measures_is_listed() -> None:
    found = one({"metric_thresholds": {"own": 0.4}, "metric_directions": {"own": "higher"}}, "own", {"accuracy": 1.0})
    assert (found.state, found.reason) == ("NoData", "NotMeasured")


def test_a_fresh_regression_does_not_fire() -> None:
    held_out = {"mse": 3000.0, "rmse": 55.0, "mae": 43.0, "r2_score": 0.47, "cv_mean": 0.42, "cv_std": 0.1}
    found = evaluations({}, held_out)
    assert {item.name: item.state for item in found} == dict.fromkeys(held_out, "NoRule")
    assert {item.name for item in evaluations({"alert_threshold": 0.8}, held_out) if item.state == "Firing"} == {
        *held_out
    } - {"cv_std"}


def test_default_limits_say_that_they_are_defaults() -> None:
    assert one({}, "accuracy", {"accuracy": 0.9}).source == "default"
    assert one({"alert_threshold": 0.8}, "accuracy", {"accuracy": 0.9}).source == "alert_threshold"
    assert one({"alert_threshold": 0.7}, "accuracy", {"accuracy": 0.9}).source == "alert_threshold"


def test_the_guides_complete_example() -> None:
    section = {
        "alert_threshold": 0.82,
        "metric_thresholds": {"f1_score": 0.78, "rmse": 0.45},
        "metric_directions": {"rmse": "lower"},
        "steps": [
            "metrics_logger",
            "predictions_logger",
            {
                "type": "metric_threshold",
                "params": {"default_threshold": 0.82, "metric_thresholds": {"precision": 0.75}},
            },
        ],
    }
    found = evaluations(section, {"f1_score": 0.8, "rmse": 0.4, "precision": 0.8, "recall": 0.8})
    limits = {item.name: f"{item.op} {item.threshold}" for item in found}
    assert limits == {"f1_score": "< 0.78", "rmse": "> 0.45", "precision": "< 0.75", "recall": "< 0.82"}


def test_the_worst_columns_are_named() -> None:
    live = LiveFigures(summary("d", requests=100, nulls={"age": 50, "name": 1}))
    found = one({"rules": {"null_rate": rule(">", 0.05)}}, "null_rate", {}, live)
    assert found.layer == "data"
    assert found.top == ("age 0.5", "name 0.01")


def test_a_rule_about_a_column_says_so() -> None:
    live = LiveFigures(summary("d", requests=100, nulls={"age": 50}))
    found = one({"rules": {"x": rule(metric="null_rate", column="age")}}, "x", {}, live)
    assert found.message == "null_rate of age = 0.5 over 5m (n=100), limit > 0.5"


def test_two_evaluations_never_share_a_name() -> None:
    section = {"rules": {"accuracy": rule(metric="rmse")}, "metric_thresholds": {"accuracy": 0.9}}
    found = evaluations(section, {"accuracy": 0.95, "rmse": 0.1})
    assert [item.name for item in found] == ["accuracy", "accuracy-metric"]


def test_since_moves_with_the_state_only() -> None:
    section = {"metric_thresholds": {"accuracy": 0.9}}
    first = evaluations(section, {"accuracy": 0.95})
    second = evaluations(section, {"accuracy": 0.99}, previous=first, later=60)
    third = evaluations(section, {"accuracy": 0.5}, previous=second, later=120)
    assert [item[0].since for item in (first, second, third)] == [
        "2026-11-24T10:00:00Z",
        "2026-11-24T10:00:00Z",
        "2026-11-24T10:02:00Z",
    ]


def test_what_fires_comes_first_and_then_names_decide() -> None:
    found = evaluations(
        {"metric_thresholds": {"b": 1, "a": 1, "d": 1, "c": 1}, "higher_is_better": ["a", "b", "c", "d"]},
        {"a": 2, "b": 0, "c": 2, "d": 0},
    )
    assert [item.name for item in found] == ["b", "d", "a", "c"]


@pytest.mark.parametrize(
    ("op", "value", "state", "text"),
    [("<", 0.9499999, "Firing", "0.9499999"), ("<=", 0.9500001, "OK", "0.9500001"), ("<", 0.95, "OK", "0.95")],
)
def test_judged_is_the_unrounded_value_and_the_text_does_not_contradict_it(
    op: str, value: float, state: str, text: str
) -> None:
    found = one({"rules": {"accuracy": rule(op, 0.95)}}, "accuracy", {"accuracy": value})
    assert (found.state, found.value, found.threshold) == (state, text, "0.95")


def test_a_business_metric_is_of_the_layer_business() -> None:
    found = one({"rules": {"revenue_per_decision": rule("<", 1)}}, "revenue_per_decision", {})
    assert found.layer == "business"


def test_there_are_at_most_64() -> None:
    rules = {f"r{number}": rule() for number in range(64)}
    found = evaluations({"rules": rules}, {f"m{number}": 0.9 for number in range(30)})
    assert len(found) == MAX_EVALUATIONS


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_a_metric_without_a_rule_that_is_not_a_number_has_no_data(value: float) -> None:
    found = one({}, "cv_std", {"cv_std": value})
    assert (found.state, found.value, found.reason) == ("NoData", None, "NotANumber")


@given(
    st.dictionaries(st.sampled_from(["accuracy", "rmse", "r2_score", "cv_std", "odd"]), st.floats(), max_size=5),
    st.integers(0, 50),
    st.integers(0, 50),
)
def test_no_data_is_never_a_verdict_and_a_verdict_always_has_a_value(
    held_out: dict[str, float], requests: int, errors: int
) -> None:
    live = LiveFigures(summary("d", requests=requests, errors=min(errors, requests)))
    for item in evaluations({"rules": {"error_rate": rule(min_samples=10)}}, held_out, live):
        assert (item.state in ("OK", "Firing", "NoRule")) == (item.value is not None)
        assert (item.state == "NoData") == (item.reason is not None)
        assert len(item.message) <= 256
