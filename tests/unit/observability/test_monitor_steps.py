"""Which steps a monitor has, and what it refuses before anything happens."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from easy_mlops.config import ConfigError
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.observability import (
    MetricsLoggerStep,
    MetricThresholdStep,
    ModelMonitor,
    ObservabilityStep,
    PredictionsLoggerStep,
)
from plugin_files import steps_restored


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """Leave the registry as it was."""
    with steps_restored():
        yield


def names(config: dict[str, Any] | None) -> list[str]:
    return [step.name for step in ModelMonitor(config).steps]


@pytest.mark.parametrize("config", [None, {}, {"steps": []}])
def test_without_steps_there_are_the_three_built_in_ones_in_order(config: dict[str, Any] | None) -> None:
    assert names(config) == ["metrics_logger", "predictions_logger", "metric_threshold"]


def test_the_built_in_steps_are_exported_and_registered() -> None:
    built_in = [MetricsLoggerStep, PredictionsLoggerStep, MetricThresholdStep]
    assert [ModelMonitor.STEP_REGISTRY[step.name] for step in built_in] == built_in


def test_the_steps_of_the_guides_example_replace_the_default_ones() -> None:
    steps = ["metrics_logger", {"type": "metric_threshold", "params": {"default_threshold": 0.75}}]
    monitor = ModelMonitor({"steps": steps})
    assert [step.name for step in monitor.steps] == ["metrics_logger", "metric_threshold"]
    assert monitor.get_step("predictions_logger") is None
    threshold = monitor.get_step("metric_threshold")
    assert isinstance(threshold, MetricThresholdStep)
    assert threshold.default_threshold == 0.75


@pytest.mark.parametrize(
    ("config", "left"),
    [
        ({"track_metrics": False}, ["predictions_logger", "metric_threshold"]),
        ({"log_predictions": False}, ["metrics_logger", "metric_threshold"]),
        (
            {"steps": ["metrics_logger", {"type": "predictions_logger", "params": {"enabled": False}}]},
            ["metrics_logger"],
        ),
    ],
)
def test_a_logger_that_is_off_is_left_out(config: dict[str, Any], left: list[str]) -> None:
    assert names(config) == left


def test_off_is_off_beside_a_list_that_names_the_logger_and_there_is_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert names({"track_metrics": False, "steps": ["metrics_logger", "predictions_logger"]}) == ["predictions_logger"]
    assert "track_metrics is false" in caplog.text


@pytest.mark.parametrize(
    ("config", "error", "words"),
    [
        ({"alert_treshold": 0.8}, ValueError, ["observability.alert_treshold", "did you mean 'alert_threshold'?"]),
        ({"alert_threshold": "high"}, ValueError, ["observability.alert_threshold", "number"]),
        ({"metric_directions": {"rmse": "down"}}, ValueError, ["observability.metric_directions.rmse", "'down'"]),
        ({"steps": ["metric_logger"]}, ValueError, ["metric_logger", "metrics_logger", "predictions_logger"]),
        ({"steps": [{"params": {}}]}, ValueError, ["observability.steps[0]", "type"]),
        ({"steps": ["metrics_logger", 3]}, TypeError, ["observability.steps[1]", "3"]),
        ({"steps": [{"type": "metrics_logger", "params": {"limit": 3}}]}, ValueError, ["metrics_logger", "limit"]),
        (
            {"steps": [{"type": "metric_threshold", "params": {"default_treshold": 0.7}}]},
            ValueError,
            ["metric_threshold", "default_treshold", "did you mean 'default_threshold'?"],
        ),
    ],
)
def test_a_bad_configuration_is_refused_with_what_is_wrong(
    config: dict[str, Any], error: type[Exception], words: list[str]
) -> None:
    with pytest.raises(error) as caught:
        ModelMonitor(config)
    assert isinstance(caught.value, ConfigError)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("step", [MetricsLoggerStep, PredictionsLoggerStep, MetricThresholdStep])
def test_a_built_in_step_names_itself_and_the_parameter_that_it_does_not_have(step: type[ObservabilityStep]) -> None:
    with pytest.raises(ConfigError, match=rf"{step.name}\.colour"):
        step.from_config({"colour": "red"})


def test_a_registered_step_gets_its_parameters() -> None:
    class Alert(ObservabilityStep):
        name = "slack_alert"

    ModelMonitor.register_step(Alert)
    monitor = ModelMonitor({"steps": ["metrics_logger", {"type": "slack_alert", "params": {"channel": "#ml"}}]})
    step = monitor.get_step("slack_alert")
    assert isinstance(step, Alert)
    assert step.params == {"channel": "#ml"}


def test_a_parameter_that_a_custom_step_does_not_take_is_an_error_of_the_configuration() -> None:
    class Alert(ObservabilityStep):
        name = "slack_alert"

        def __init__(self, channel: str) -> None:
            super().__init__(channel=channel)

    ModelMonitor.register_step(Alert)
    with pytest.raises(ConfigError, match=r"steps\[0\].*slack_alert.*colour"):
        ModelMonitor({"steps": [{"type": "slack_alert", "params": {"channel": "#ml", "colour": "red"}}]})


@pytest.mark.parametrize("step", [object, dict, "metrics_logger", None])
def test_only_subclasses_can_be_registered(step: Any) -> None:
    with pytest.raises(TypeError, match="ObservabilityStep"):
        ModelMonitor.register_step(step)


def test_a_step_without_a_name_cannot_be_registered() -> None:
    class Nameless(ObservabilityStep):
        pass

    with pytest.raises(AttributeError, match="Nameless"):
        ModelMonitor.register_step(Nameless)


def test_a_built_in_step_may_be_replaced_which_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Strict(MetricThresholdStep):
        name: ClassVar[str] = "metric_threshold"

        def check_metric_threshold(self, metric_name: str, value: float) -> bool:
            return True

    with caplog.at_level(logging.INFO):
        ModelMonitor.register_step(Strict)
    assert "metric_threshold" in caplog.text
    assert ModelMonitor().check_metric_threshold("accuracy", 1.0) is True


def test_a_monitor_does_not_follow_changes_of_the_mapping_it_was_given() -> None:
    config: dict[str, Any] = {"metric_thresholds": {"accuracy": 0.85}}
    monitor = ModelMonitor(config)
    config["metric_thresholds"]["accuracy"] = 0.1
    assert monitor.config == {"metric_thresholds": {"accuracy": 0.85}}
    assert monitor.check_metric_threshold("accuracy", 0.82) is True


def test_a_monitor_takes_a_section_that_is_validated_already() -> None:
    monitor = ModelMonitor(ObservabilitySection(alert_threshold=0.9))
    assert monitor.check_metric_threshold("accuracy", 0.85) is True
    assert monitor.config == {"alert_threshold": 0.9}
