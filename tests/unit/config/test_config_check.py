"""Rules between fields: each one names where it is broken and what would be right."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops.config import Config, ConfigError, check_spec
from easy_mlops.config.check.cluster import Cluster
from easy_mlops.config.check.spec import KnownSteps
from easy_mlops.config.observability import OBSERVABILITY_STEPS


def found(raw: dict[str, Any], **options: Any) -> list[tuple[str, str, str]]:
    config = Config.parse({"data": {"uri": "sklearn://wine"}, **raw})
    return [(p.path, p.reason, p.message) for p in check_spec(config, **options)]


@pytest.mark.parametrize(
    ("raw", "path", "reason", "words"),
    [
        ({"training": {"backend": "neural_network", "model_type": "linear_regression"}}, "spec.training.model_type",
         "ConflictingKeys", "linear_regression"),
        ({"deployment": {"steps": ["save_model", "create_directory"]}}, "spec.deployment.steps[0]", "InvalidValue",
         "save_model requires create_directory before it"),
        ({"deployment": {"steps": ["create_directory", "save_metadata"]}}, "spec.deployment.steps[1]", "InvalidValue",
         "save_metadata requires save_model before it"),
        ({"deployment": {"steps": ["create_directory", "create_directory"]}}, "spec.deployment.steps[1]",
         "InvalidValue", "must not be repeated"),
        ({"deployment": {"steps": ["create_directory", "upload"]}}, "spec.deployment.steps[1]", "UnknownStep",
         "'upload'"),
        ({"deployment": {"metadata_filename": "model.joblib"}}, "spec.deployment", "ConflictingKeys", "'model.joblib'"),
        ({"deployment": {"metadata_filename": "config.yaml"}}, "spec.deployment", "ConflictingKeys", "config.yaml"),
        ({"deployment": {"endpoint_filename": "logs", "create_endpoint": True}}, "spec.deployment", "ConflictingKeys",
         "'logs'"),
        ({"preprocessing": {"fill_value": 1}}, "spec.preprocessing.fill_value", "ConflictingKeys", "'constant'"),
        ({"preprocessing": {"steps": ["feature_scaler", "missing_values"]}}, "spec.preprocessing.steps[1]",
         "InvalidValue", "must be the first step"),
        ({"preprocessing": {"steps": ["feature_scaler", "feature_scaler"]}}, "spec.preprocessing.steps",
         "ConflictingKeys", "feature_scaler"),
        ({"observability": {"rules": {"accuracy": {"op": "<", "value": 1, "column": "age"}}}},
         "spec.observability.rules.accuracy.column", "ConflictingKeys", "null_rate"),
        ({"observability": {"rules": {"approval_rate": {"ratio_to_reference": 0.5}}}},
         "spec.observability.rules.approval_rate.op", "InvalidValue", "which side of approval_rate is worse"),
    ],
)  # fmt: skip
def test_a_conflict_is_reported_with_its_path(raw: dict[str, Any], path: str, reason: str, words: str) -> None:
    ((where, why, message),) = found(raw)
    assert (where, why) == (path, reason)
    assert words in message


def test_a_column_that_two_steps_name_is_a_conflict() -> None:
    steps = [
        {"type": "categorical_encoder", "params": {"columns": ["a"]}},
        {"type": "feature_scaler", "params": {"columns": ["a"]}},
    ]
    ((path, reason, message),) = found({"preprocessing": {"steps": steps}})
    assert (path, reason) == ("spec.preprocessing.steps", "ConflictingKeys")
    assert "'a'" in message


@pytest.mark.parametrize("output_dir", ["/models", "../models", "a/../../b", "~/models"])
def test_in_a_cluster_artifacts_stay_on_the_volume(output_dir: str) -> None:
    raw = {"deployment": {"output_dir": output_dir}}
    assert found(raw) == []
    ((path, reason, message),) = found(raw, cluster=Cluster())
    assert (path, reason) == ("spec.deployment.output_dir", "InvalidValue")
    assert output_dir in message


def test_in_a_cluster_there_are_no_local_files() -> None:
    raw = {"data": {"uri": "file:///data.csv"}}
    assert found(raw) == []
    assert found(raw, cluster=Cluster())[0][0] == "spec.data.uri"


def test_in_a_cluster_there_must_be_something_to_serve() -> None:
    raw = {"deployment": {"steps": ["create_directory", "save_model"]}}
    assert found(raw) == []
    ((path, _, message),) = found(raw, cluster=Cluster())
    assert path == "spec.deployment.steps"
    assert message.startswith("must include save_preprocessor, save_metadata")


def test_paths_begin_with_that_of_the_sections() -> None:
    assert found({"preprocessing": {"fill_value": 1}}, where="")[0][0] == "preprocessing.fill_value"


def test_a_registered_step_is_known() -> None:
    raw = {"deployment": {"steps": ["create_directory", "upload"]}}
    known = KnownSteps({"create_directory": None, "upload": None}, OBSERVABILITY_STEPS)
    assert found(raw, steps=known) == []


def test_the_guides_complete_example_has_no_problem() -> None:
    raw = {
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
    assert found({"observability": raw}) == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({}, "here is none of them"),
        ({"op": ">"}, "here is op: >"),
        ({"value": 1}, "value needs an op"),
        ({"op": ">", "value": 1, "ratio_to_reference": 2}, "here is op: >, value, ratio_to_reference"),
        ({"op": "outside", "value": 1}, "op: outside with low and high"),
        ({"op": "outside", "low": 1}, "here is op: outside, low"),
        ({"op": ">", "low": 1, "high": 2}, "here is op: >, low, high"),
        ({"op": "outside", "low": 2, "high": 1}, "low (2) is above high (1)"),
        ({"op": "above", "value": 1}, "'outside'"),
        ({"op": ">", "valeu": 1}, "did you mean 'value'?"),
        ({"op": ">", "value": 1, "no_data": "okay"}, "keep_last"),
        ({"ratio_to_reference": 0}, "greater than 0"),
        ({"op": ">", "value": 1, "min_samples": 0}, "greater than or equal to 1"),
    ],
)
def test_a_rule_has_exactly_one_limit(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config.parse({"observability": {"rules": {"mae": rule}}})
    assert "observability.rules.mae" in str(caught.value)
    assert words in str(caught.value)
