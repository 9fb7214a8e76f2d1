"""Precedence, directions and verdicts of thresholds (the guide's "Metric Threshold Evaluator")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from easy_mlops.config import ConfigError
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.config.policy import policy_of
from easy_mlops.rules.judge import without_rule
from easy_mlops.rules.precedence import Policy
from easy_mlops.rules.rule import EffectiveRule, NoRule
from hypothesis import given
from hypothesis import strategies as st

COMPLETE_EXAMPLE = {
    "track_metrics": True,
    "log_predictions": True,
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


def policy(raw: Mapping[str, Any] | None = None) -> Policy:
    return policy_of(ObservabilitySection.parse(raw))


def step(**params: Any) -> dict[str, Any]:
    return {"type": "metric_threshold", "params": params}


def rule_of(raw: Mapping[str, Any], metric: str) -> EffectiveRule | NoRule:
    (found,) = (rule for rule in policy(raw).effective_rules([metric]) if rule.metric == metric)
    return found


def limit_of(raw: Mapping[str, Any], metric: str) -> tuple[float | None, str]:
    found = rule_of(raw, metric)
    assert isinstance(found, EffectiveRule)
    return found.threshold, found.source


@pytest.mark.parametrize(
    ("metric", "op", "threshold"),
    [
        ("f1_score", "<", 0.78),
        ("rmse", ">", 0.45),
        ("precision", "<", 0.75),
        ("accuracy", "<", 0.82),
        ("mae", ">", 0.82),
    ],
)
def test_the_guides_complete_example_has_exactly_these_limits(metric: str, op: str, threshold: float) -> None:
    found = rule_of(COMPLETE_EXAMPLE, metric)
    assert isinstance(found, EffectiveRule)
    assert (found.op, found.threshold) == (op, threshold)


@pytest.mark.parametrize(
    ("raw", "limit", "source"),
    [
        ({}, 0.8, "default"),
        ({"alert_threshold": 0.8}, 0.8, "alert_threshold"),
        ({"alert_threshold": 0.7, "steps": [step()]}, 0.7, "alert_threshold"),
        ({"alert_threshold": 0.7, "steps": [step(default_threshold=0.6)]}, 0.6, "default_threshold"),
        (
            {"steps": [step(default_threshold=0.6)], "metric_thresholds": {"accuracy": 0.5}},
            0.5,
            "metric_thresholds",
        ),
        (
            {"steps": [step(metric_thresholds={"accuracy": 0.4})], "metric_thresholds": {"accuracy": 0.5}},
            0.4,
            "steps",
        ),
        (
            {
                "rules": {"accuracy": {"op": "<", "value": 0.3}},
                "steps": [step(metric_thresholds={"accuracy": 0.4})],
            },
            0.3,
            "rules",
        ),
        ({"steps": ["metrics_logger"], "metric_thresholds": {"accuracy": 0.5}}, 0.5, "metric_thresholds"),
        ({"steps": ["metrics_logger"], "alert_threshold": 0.7}, 0.7, "alert_threshold"),
        ({"steps": [step(enabled=False, default_threshold=0.6)], "alert_threshold": 0.7}, 0.7, "alert_threshold"),
    ],
)
def test_the_first_of_rules_steps_maps_and_defaults_decides(raw: dict[str, Any], limit: float, source: str) -> None:
    assert limit_of(raw, "accuracy") == (limit, source)


@pytest.mark.parametrize(
    ("metric", "direction"),
    [
        *[(name, "higher") for name in ("accuracy", "f1_score", "precision", "recall", "roc_auc", "r2_score")],
        *[(name, "higher") for name in ("balanced_accuracy", "rolling_auc", "error_recall", "macro_f1_score")],
        *[(name, "lower") for name in ("mse", "rmse", "mae", "mape", "log_loss", "rolling_mae", "p95_latency_ms")],
        *[(name, "lower") for name in ("null_rate", "psi", "bad_rate", "error_rate", "drift_amount", "recall_error")],
        *[(name, "lower") for name in ("freshness_minutes",)],
        *[(name, "higher") for name in ("availability", "job_success", "revenue_per_decision")],
        *[(name, None) for name in ("approval_rate", "score", "cv_std", "row_count", "_")],
    ],
)
def test_direction_follows_from_the_name(metric: str, direction: str | None) -> None:
    assert policy().direction_of(metric) == direction


def test_metric_directions_outrank_the_name_and_the_lists_of_release_0_4() -> None:
    raw = {"metric_directions": {"rmse": "higher"}, "lower_is_better": ["rmse", "approval_rate"]}
    assert policy(raw).direction_of("rmse") == "higher"
    assert policy(raw).direction_of("approval_rate") == "lower"


def test_a_steps_direction_outranks_the_sections() -> None:
    raw = {"metric_directions": {"rmse": "lower"}, "steps": [step(metric_directions={"rmse": "higher"})]}
    assert policy(raw).direction_of("rmse") == "higher"


def test_cv_mean_has_the_direction_of_the_metric_it_averages() -> None:
    assert policy().direction_of("cv_mean", ["accuracy", "cv_mean"]) == "higher"
    inverted = policy({"metric_directions": {"r2_score": "lower"}})
    assert inverted.direction_of("cv_mean", ["r2_score", "cv_mean"]) == "lower"
    assert policy().direction_of("cv_mean") is None


def test_a_metric_of_unknown_direction_has_no_rule_until_one_is_declared() -> None:
    assert isinstance(rule_of({"metric_thresholds": {"approval_rate": 0.4}}, "approval_rate"), NoRule)
    raw = {"metric_thresholds": {"approval_rate": 0.4}, "metric_directions": {"approval_rate": "higher"}}
    assert rule_of(raw, "approval_rate") == EffectiveRule(
        "approval_rate", "approval_rate", "<", 0.4, "metric_thresholds"
    )


@pytest.mark.parametrize("metric", ["cv_std", "rmse_std", "row_count", "null_count", "n_errors"])
def test_spreads_and_counts_have_no_default_limit(metric: str) -> None:
    assert isinstance(rule_of({}, metric), NoRule)
    assert policy().is_alert(metric, -1e9) is False
    assert policy().is_alert(metric, 1e9) is False


def test_a_declared_spread_is_judged() -> None:
    raw = {"metric_thresholds": {"cv_std": 0.1}, "metric_directions": {"cv_std": "lower"}}
    assert policy(raw).is_alert("cv_std", 0.2) is True
    assert policy(raw).is_alert("cv_std", 0.05) is False


@pytest.mark.parametrize(
    ("metric", "limit", "value"), [("rolling_mae", 0.12, 0.15), ("p95_latency_ms", 250, 300), ("accuracy", 0.85, 0.82)]
)
def test_a_value_beyond_its_limit_is_an_alert_and_one_at_it_is_not(metric: str, limit: float, value: float) -> None:
    judged = policy({"metric_thresholds": {metric: limit}})
    assert judged.is_alert(metric, value) is True
    assert judged.is_alert(metric, limit) is False


@pytest.mark.parametrize(
    ("op", "below", "equal", "above"),
    [
        (">", False, False, True),
        (">=", False, True, True),
        ("<", True, False, False),
        ("<=", True, True, False),
        ("==", False, True, False),
        ("!=", True, False, True),
    ],
)
def test_a_rules_operator_is_literal(op: str, below: bool, equal: bool, above: bool) -> None:
    judged = policy({"rules": {"psi": {"op": op, "value": 0.25}}})
    assert [judged.is_alert("psi", value) for value in (0.2, 0.25, 0.3)] == [below, equal, above]


def test_a_metric_of_unknown_direction_is_treated_as_higher_in_the_python_call() -> None:
    assert policy().is_alert("approval_rate", 0.7) is True
    assert policy().is_alert("approval_rate", 0.9) is False


@pytest.mark.parametrize("metric", ["accuracy", "rmse", "cv_std", "row_count", "anything"])
def test_nan_is_an_alert(metric: str) -> None:
    assert policy().is_alert(metric, float("nan")) is True


def test_several_rules_on_one_metric_are_all_listed_and_any_of_them_alerts() -> None:
    rules = {
        "rolling_mae": {"op": ">", "value": 0.12},
        "mae_page": {"metric": "rolling_mae", "op": ">", "value": 0.2, "severity": "critical", "window": "1h"},
    }
    found = policy({"rules": rules}).effective_rules(["rolling_mae"])
    assert found == (
        EffectiveRule("rolling_mae", "rolling_mae", ">", 0.12, "rules"),
        EffectiveRule("mae_page", "rolling_mae", ">", 0.2, "rules", severity="critical", window="1h"),
    )
    assert policy({"rules": rules}).is_alert("rolling_mae", 0.15) is True


@pytest.mark.parametrize(
    ("rules", "listed"),
    [
        ({"page": {"op": "<", "value": 0.5}}, ["page", "accuracy"]),
        ({"page": {"op": "<", "value": 0.5}, "warn": {"op": "<", "value": 0.7}}, ["page", "warn", "accuracy"]),
        ({"accuracy": {"op": "<", "value": 0.5}}, ["accuracy"]),
        ({"accuracy": {"op": "<", "value": 0.5}, "page": {"op": "<", "value": 0.3}}, ["accuracy", "page"]),
    ],
)
@pytest.mark.parametrize("place", ["section", "step"])
def test_a_limit_is_judged_beside_rules_of_other_names_and_replaced_by_the_rule_of_its_metric(
    rules: dict[str, Any], listed: list[str], place: str
) -> None:
    limits: dict[str, Any] = {"metric_thresholds": {"accuracy": 0.9}}
    raw = {"steps": [step(**limits)]} if place == "step" else limits
    found = policy(raw | {"rules": {name: {"metric": "accuracy", **rule} for name, rule in rules.items()}})
    assert [rule.name for rule in found.effective_rules(["accuracy"])] == listed
    assert [rule.name for rule in found.effective_rules()] == listed
    assert found.is_alert("accuracy", 0.8) is ("accuracy" not in rules)
    assert found.is_alert("accuracy", 0.2) is True


def test_a_rule_replaces_a_limit_that_is_not_of_one_metric() -> None:
    raw = {"rules": {"page": {"metric": "accuracy", "op": "<", "value": 0.5}}, "alert_threshold": 0.9}
    assert [rule.name for rule in policy(raw).effective_rules(["accuracy"])] == ["page"]
    assert policy(raw).is_alert("accuracy", 0.8) is False


UNBOUNDED = ["mse", "rmse", "mae", "r2_score", "log_loss", "rolling_mae", "mape", "p95_latency_ms", "psi", "my_loss"]
BOUNDED = ["accuracy", "f1_score", "precision", "recall", "roc_auc", "null_rate", "bad_rate", "balanced_accuracy"]


@pytest.mark.parametrize("metric", UNBOUNDED)
def test_the_built_in_limit_does_not_judge_a_metric_without_bounds_but_a_written_one_does(metric: str) -> None:
    (default,) = policy().effective_rules([metric])
    assert isinstance(default, NoRule)
    assert "between 0 and 1" in default.reason
    assert limit_of({"alert_threshold": 0.8}, metric) == (0.8, "alert_threshold")
    assert limit_of({"steps": [step(default_threshold=0.8)]}, metric) == (0.8, "default_threshold")
    worse = -1e9 if policy().direction_of(metric) == "higher" else 1e9
    assert policy().is_alert(metric, worse) is True  # the call of the guide has one limit for everything


@pytest.mark.parametrize("metric", BOUNDED)
def test_the_built_in_limit_judges_a_metric_between_0_and_1(metric: str) -> None:
    assert limit_of({}, metric) == (0.8, "default")


def test_cross_validation_is_judged_like_the_metric_that_it_averages() -> None:
    assert isinstance(policy().effective_rules(["r2_score", "cv_mean"])[1], NoRule)
    assert isinstance(policy().effective_rules(["accuracy", "cv_mean"])[1], EffectiveRule)


def test_a_limit_without_a_known_direction_is_listed_with_the_reason() -> None:
    (found,) = policy({"metric_thresholds": {"approval_rate": 0.4}}).effective_rules()
    assert isinstance(found, NoRule)
    assert found.has_limit
    verdict = without_rule(found, 0.7)
    assert (verdict.state, verdict.reason, verdict.value) == ("NoData", "NoDirection", None)
    assert "approval_rate = 0.7" in verdict.message
    assert "metric_directions" in verdict.message


def test_names_stay_different_whatever_rules_are_called() -> None:
    rules = {name: {"metric": "mae", "op": ">", "value": 1} for name in ("accuracy", "accuracy-metric")}
    found = policy({"rules": rules, "metric_thresholds": {"accuracy": 0.9}}).effective_rules()
    assert [rule.name for rule in found] == ["accuracy", "accuracy-metric", "accuracy-metric-2"]


def test_a_rule_for_a_column_leaves_the_limit_of_the_whole_metric_in_place() -> None:
    raw = {
        "rules": {"age_nulls": {"metric": "null_rate", "column": "age", "op": ">", "value": 0.2}},
        "metric_thresholds": {"null_rate": 0.05},
    }
    found = policy(raw).effective_rules()
    assert [(rule.name, rule.metric) for rule in found] == [("age_nulls", "null_rate"), ("null_rate", "null_rate")]


def test_named_metrics_are_listed_though_nothing_measured_them() -> None:
    raw = {"metric_thresholds": {"p95_latency_ms": 250}, "steps": [step(metric_thresholds={"error_rate": 0.01})]}
    assert [rule.name for rule in policy(raw).effective_rules()] == ["error_rate", "p95_latency_ms"]


def test_bad_parameters_of_a_threshold_step_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"observability\.steps\[1\]\.params\.default_treshold.*default_threshold"):
        policy({"steps": ["metrics_logger", step(default_treshold=0.7)]})


names = st.sampled_from(["accuracy", "rmse", "psi", "cv_std", "approval_rate", "row_count", "cv_mean"])


@given(
    thresholds=st.dictionaries(names, st.floats(-10, 10)),
    directions=st.dictionaries(names, st.sampled_from(["higher", "lower"])),
    measured=st.lists(names, unique=True),
    value=st.floats(-20, 20),
)
def test_status_and_the_python_call_agree_on_every_metric_that_has_a_rule(
    thresholds: dict[str, float], directions: dict[str, str], measured: list[str], value: float
) -> None:
    judged = policy({"metric_thresholds": thresholds, "metric_directions": directions})
    found = judged.effective_rules(measured)
    assert {rule.metric for rule in found} == {*thresholds, *measured}
    for rule in found:
        answer = judged.is_alert(rule.metric, value, measured)
        assert type(answer) is bool
        if isinstance(rule, EffectiveRule):
            assert answer is rule.fires(value)
