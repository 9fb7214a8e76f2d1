"""Public names, and the default of each key and parameter."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import fields
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from easy_mlops.config import Config
from easy_mlops.config.deployment import DEPLOYMENT_STEPS
from easy_mlops.config.observability import OBSERVABILITY_STEPS
from easy_mlops.config.preprocessing import PREPROCESSING_STEPS
from easy_mlops.deployment import DeploymentContext, DeploymentStep, ModelDeployer
from easy_mlops.observability import ModelMonitor, ObservabilityStep, check_threshold, log_metric
from easy_mlops.training import ModelTrainer

NAMES = {
    "config": "Config",
    "preprocessing": "DataPreprocessor",
    "training": "ModelTrainer",
    "pipeline": "MLOpsPipeline",
    "deployment": "ModelDeployer DeploymentStep DeploymentContext CreateDeploymentDirectoryStep SaveModelStep "
    "SavePreprocessorStep SaveMetadataStep EndpointScriptStep",
    "observability": "ModelMonitor ObservabilityStep MetricsLoggerStep PredictionsLoggerStep MetricThresholdStep "
    "log_metric check_threshold",
}
METHODS = {
    ModelDeployer: "register_step get_step create_model_metadata save_deployment_artifacts deploy "
    "create_endpoint_script get_deployment_info load_deployed_model",
    ModelMonitor: "register_step get_step log_metrics log_prediction check_metric_threshold get_metrics_summary "
    "get_predictions_summary save_logs load_logs generate_report",
    DeploymentStep: "from_config run",
    ObservabilityStep: "on_log_metrics on_log_prediction check_metric_threshold get_metrics_summary "
    "get_predictions_summary save load",
}


@pytest.mark.parametrize("package", NAMES)
def test_a_package_has_its_names(package: str) -> None:
    module = importlib.import_module(f"easy_mlops.{package}")
    assert [name for name in NAMES[package].split() if not callable(getattr(module, name, None))] == []
    assert set(NAMES[package].split()) <= set(module.__all__)


@pytest.mark.parametrize("cls", METHODS, ids=lambda cls: cls.__name__)
def test_a_class_has_its_methods(cls: type) -> None:
    assert [name for name in METHODS[cls].split() if not callable(getattr(cls, name, None))] == []


def test_new_objects_have_the_attributes_of_the_guide() -> None:
    deployer, monitor = ModelDeployer(), ModelMonitor()
    assert deployer.deployment_info == {}
    assert [step.name for step in deployer.steps] == [name for name in DEPLOYMENT_STEPS if name != "endpoint_script"]
    assert isinstance(deployer.config, dict)
    assert (monitor.config, monitor.metrics_history, monitor.predictions_log) == ({}, [], [])
    assert set(ModelDeployer.STEP_REGISTRY) == set(DEPLOYMENT_STEPS)
    assert set(ModelMonitor.STEP_REGISTRY) == set(OBSERVABILITY_STEPS)


def test_a_context_has_the_fields_of_the_guide() -> None:
    promised = (
        "model preprocessor training_results base_output_dir config metadata_factory deployment_dir artifacts metadata "
        "endpoint_template endpoint_writer final_dir"
    )
    assert set(promised.split()) <= {field.name for field in fields(DeploymentContext)}


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (ModelDeployer.deploy, "self model preprocessor training_results create_endpoint=None"),
        (ModelDeployer.save_deployment_artifacts, "self model preprocessor training_results output_dir=None"),
        (ModelDeployer.create_model_metadata, "self model_path preprocessor_path training_results"),
        (ModelMonitor.log_metrics, "self metrics model_version=1.0.0"),
        (ModelMonitor.log_prediction, "self input_data prediction model_version=1.0.0 metadata=None"),
        (ModelMonitor.check_metric_threshold, "self metric_name value"),
        (ObservabilityStep.on_log_metrics, "self metrics model_version"),
        (ObservabilityStep.on_log_prediction, "self input_data prediction model_version metadata=None"),
        (check_threshold, "name value rules=None reference=None"),
        (log_metric, "name value"),
    ],
    ids=lambda item: getattr(item, "__qualname__", None),
)
def test_a_function_takes_the_arguments_of_the_documents_in_their_order(function: Any, arguments: str) -> None:
    assert _arguments(function) == arguments


def test_log_metric_takes_layer_version_and_window_by_name() -> None:
    named = {
        name: parameter.default
        for name, parameter in inspect.signature(log_metric).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    assert named == {"layer": inspect.Parameter.empty, "model_version": "v1", "window": "1m", "path": None}


DEFAULTS: list[tuple[str, dict[str, Any]]] = [
    (
        "deployment",
        {
            "output_dir": "./models",
            "deployment_prefix": "deployment",
            "metadata_filename": "metadata.json",
            "create_endpoint": False,
            "endpoint_filename": "predict.py",
            "endpoint_template": None,
            "version": "1.0.0",
            "deployment_time": None,
            "steps": None,
        },
    ),
    (
        "observability",
        {
            "track_metrics": True,
            "log_predictions": True,
            "alert_threshold": 0.8,
            "metric_thresholds": {},
            "metric_directions": {},
            "steps": None,
            "rules": {},
        },
    ),
    (
        "preprocessing",
        {"handle_missing": "drop", "encode_categorical": True, "scale_features": True, "steps": None},
    ),
    (
        "training",
        {"backend": "sklearn", "model_type": "auto", "test_size": 0.2, "random_state": 42, "cv_folds": 5},
    ),
]


@pytest.mark.parametrize(("section", "defaults"), DEFAULTS, ids=[name for name, _ in DEFAULTS])
def test_an_omitted_key_has_its_default(section: str, defaults: dict[str, Any]) -> None:
    made = getattr(Config(), section)
    assert {key: getattr(made, key) for key in defaults} == defaults


@pytest.mark.parametrize(
    ("catalogue", "step", "defaults"),
    [
        (DEPLOYMENT_STEPS, "create_directory", {"prefix": "deployment", "timestamp_format": "%Y%m%d_%H%M%S"}),
        (DEPLOYMENT_STEPS, "save_model", {"filename": "model.joblib"}),
        (DEPLOYMENT_STEPS, "save_preprocessor", {"filename": "preprocessor.joblib"}),
        (DEPLOYMENT_STEPS, "save_metadata", {"filename": "metadata.json"}),
        (
            DEPLOYMENT_STEPS,
            "endpoint_script",
            {"enabled": False, "filename": "predict.py", "executable_mode": 0o755, "template": None},
        ),
        (OBSERVABILITY_STEPS, "metrics_logger", {"enabled": True, "export_limit": 1000}),
        (OBSERVABILITY_STEPS, "predictions_logger", {"enabled": True, "export_limit": 1000}),
        (PREPROCESSING_STEPS, "feature_scaler", {"columns": None, "method": "standard"}),
        (PREPROCESSING_STEPS, "categorical_encoder", {"columns": None, "method": "onehot"}),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_an_omitted_parameter_of_a_step_has_its_default(catalogue: Any, step: str, defaults: dict[str, Any]) -> None:
    made = catalogue[step]()
    assert {key: getattr(made, key) for key in defaults} == defaults


def test_a_model_file_is_a_mapping_with_the_estimator(tmp_path: Path) -> None:
    trainer = ModelTrainer({"model_type": "logistic_regression", "cv_folds": 0})
    trainer.train(pd.DataFrame({"size": np.arange(20.0)}), pd.Series(["no"] * 10 + ["yes"] * 10))
    trainer.save_model(str(tmp_path / "model.joblib"))
    content = joblib.load(tmp_path / "model.joblib")
    assert {"model", "model_type", "is_classifier", "metrics", "backend"} <= set(content)
    assert content["model"].predict(pd.DataFrame({"size": [19.0]})).tolist() == ["yes"]


@pytest.mark.parametrize(
    ("raw", "taken"),
    [
        ({"save_format": "joblib"}, "deployment.save_format joblib"),
        ({"version": 2}, "deployment.version 2"),
        ({"endpoint_template": ""}, "deployment.endpoint_template "),
    ],
)
def test_values_of_release_0_4_are_accepted(raw: dict[str, Any], taken: str) -> None:
    ((key, _),) = raw.items()
    assert f"deployment.{key} {getattr(Config.parse({'deployment': raw}).deployment, key)}" == taken


def _arguments(function: Any) -> str:
    """Positional arguments in order, with their defaults."""
    parameters = inspect.signature(function).parameters.values()
    positional = [parameter for parameter in parameters if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    return " ".join(
        each.name if each.default is inspect.Parameter.empty else f"{each.name}={each.default}" for each in positional
    )
