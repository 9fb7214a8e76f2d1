"""A limit on a metric that nothing measures is refused where the names are known, and visible where they are not."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops.config import Config, ModelDeploymentSpec, check_spec
from easy_mlops.config.check.spec import KnownSteps
from easy_mlops.config.deployment import DEPLOYMENT_STEPS
from easy_mlops.config.observability import OBSERVABILITY_STEPS

DATA = {"uri": "sklearn://wine"}
RULE = {"op": ">", "value": 1}
PLUGIN = {"configMap": "c", "module": "mine", "sha256": "0" * 64}


def in_cluster(observability: dict[str, Any], **sections: Any) -> list[tuple[str, str]]:
    spec = ModelDeploymentSpec.parse({"data": DATA, "observability": observability, **sections})
    return [(problem.path, problem.message) for problem in check_spec(spec)]


def alone(observability: dict[str, Any]) -> list[tuple[str, str]]:
    config = Config.parse({"data": DATA, "observability": observability})
    return [(problem.path, problem.message) for problem in check_spec(config, where="")]


@pytest.mark.parametrize(
    ("section", "path", "hint"),
    [
        ({"metric_thresholds": {"acuracy": 0.9}}, "metric_thresholds.acuracy", "did you mean 'accuracy'?"),
        ({"metric_thresholds": {"Accuracy": 0.9}}, "metric_thresholds.Accuracy", "did you mean 'accuracy'?"),
        ({"metric_thresholds": {"f1": 0.9}}, "metric_thresholds.f1", "did you mean 'f1_score'?"),
        ({"metric_thresholds": {"r2": 0.9}}, "metric_thresholds.r2", "did you mean 'r2_score'?"),
        ({"metric_thresholds": {"auc": 0.9}}, "metric_thresholds.auc", "did you mean 'roc_auc'?"),
        ({"metric_thresholds": {"rolling_ma": 0.9}}, "metric_thresholds.rolling_ma", "did you mean 'rolling_mae'?"),
        ({"metric_thresholds": {"sharpe": 0.9}}, "metric_thresholds.sharpe", "known are accuracy, "),
        ({"rules": {"p95_latency": RULE}}, "rules.p95_latency", "did you mean 'p95_latency_ms'?"),
        ({"rules": {"page": {"metric": "eror_rate", **RULE}}}, "rules.page.metric", "did you mean 'error_rate'?"),
        (
            {"steps": [{"type": "metric_threshold", "params": {"metric_thresholds": {"recal": 1}}}]},
            "steps[0].params.metric_thresholds.recal",
            "did you mean 'recall'?",
        ),
    ],
)
def test_an_unknown_metric_is_refused_with_the_nearest_name(section: dict[str, Any], path: str, hint: str) -> None:
    ((where, message),) = in_cluster(section)
    assert where == f"spec.observability.{path}"
    assert hint in message


@pytest.mark.parametrize(
    "section",
    [
        {
            "metric_thresholds": dict.fromkeys(
                ["accuracy", "f1_score", "rmse", "cv_mean", "availability", "bad_rate"], 1
            )
        },
        {"rules": dict.fromkeys(["rolling_mae", "rolling_roc_auc", "psi", "revenue_per_decision"], RULE)},
        {"rules": {"acuracy": {"metric": "accuracy", **RULE}}},
        {"metric_thresholds": {"profit": 3}, "metric_directions": {"profit": "higher"}},
        {"rules": {"profit": RULE}, "higher_is_better": ["profit"]},
        {
            "rules": {"churned": RULE},
            "steps": [{"type": "metric_threshold", "params": {"lower_is_better": ["churned"]}}],
        },
    ],
)
def test_a_known_or_declared_metric_is_accepted(section: dict[str, Any]) -> None:
    assert in_cluster(section) == alone(section) == []


@pytest.mark.parametrize("pipeline", [{"plugins": [PLUGIN]}, {"image": "mine:1"}])
def test_a_plugin_or_an_image_of_ones_own_may_measure_anything(pipeline: dict[str, Any]) -> None:
    assert in_cluster({"metric_thresholds": {"acuracy": 0.9}}, pipeline=pipeline) == []


def test_a_step_of_ones_own_may_measure_anything() -> None:
    steps = KnownSteps(DEPLOYMENT_STEPS, {**OBSERVABILITY_STEPS, "mine": None})
    section = {"steps": ["mine"], "metric_thresholds": {"acuracy": 0.9}}
    spec = ModelDeploymentSpec.parse({"data": DATA, "observability": section})
    assert check_spec(spec, steps=steps) == []
    assert [problem.path for problem in check_spec(spec)] == [
        "spec.observability.steps[0]",
        "spec.observability.metric_thresholds.acuracy",
    ]


def test_without_a_cluster_a_notebook_may_log_any_metric_but_a_misspelled_one_is_refused() -> None:
    assert alone({"rules": {"sharpe": RULE}, "metric_thresholds": {"recall_at_5": 0.3}}) == []
    ((where, message),) = alone({"metric_thresholds": {"acuracy": 0.9}})
    assert where == "observability.metric_thresholds.acuracy"
    assert "did you mean 'accuracy'?" in message


def test_status_can_list_every_rule_and_limit_that_is_accepted() -> None:
    rules = {f"r{number}": {"metric": "mae", **RULE} for number in range(63)}
    limits = {"accuracy": 0.9, "recall": 0.9}
    ((where, message),) = in_cluster({"rules": rules, "metric_thresholds": limits})
    assert where == "spec.observability"
    assert "at most 64 rules and metric_thresholds together, got 65" in message
    assert in_cluster({"rules": rules, "metric_thresholds": {"accuracy": 0.9}}) == []
