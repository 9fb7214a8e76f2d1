"""`check_metric_threshold`: True is an alert, and the answer is always exactly a bool."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from easy_mlops.observability import MetricThresholdStep, ModelMonitor, ObservabilityStep
from hypothesis import given
from hypothesis import strategies as st


def test_the_guides_example_alerts() -> None:
    monitor = ModelMonitor(
        {
            "track_metrics": True,
            "log_predictions": True,
            "alert_threshold": 0.8,
            "metric_thresholds": {"accuracy": 0.85},
        }
    )
    assert monitor.check_metric_threshold("accuracy", value=0.82) is True
    assert monitor.check_metric_threshold("accuracy", value=0.85) is False
    assert monitor.check_metric_threshold("f1_score", value=0.82) is False
    assert monitor.check_metric_threshold("rmse", value=0.82) is True


def test_an_inverted_direction_and_a_steps_own_limits_are_honoured() -> None:
    params = {
        "default_threshold": 0.75,
        "metric_thresholds": {"accuracy": 0.8},
        "metric_directions": {"rmse": "higher"},
    }
    monitor = ModelMonitor({"steps": ["metrics_logger", {"type": "metric_threshold", "params": params}]})
    assert monitor.check_metric_threshold("accuracy", 0.79) is True
    assert monitor.check_metric_threshold("rmse", 0.5) is True
    assert monitor.check_metric_threshold("rmse", 0.8) is False


def test_without_the_threshold_step_alert_threshold_and_the_maps_still_decide() -> None:
    monitor = ModelMonitor({"steps": ["metrics_logger"], "alert_threshold": 0.7, "metric_thresholds": {"recall": 0.9}})
    assert monitor.check_metric_threshold("accuracy", 0.75) is False
    assert monitor.check_metric_threshold("rmse", 0.75) is True
    assert monitor.check_metric_threshold("recall", 0.85) is True


def test_the_step_alone_judges_by_its_parameters() -> None:
    step = MetricThresholdStep(metric_thresholds={"accuracy": 0.9}, metric_directions=None)
    assert step.default_threshold == 0.8
    assert step.check_metric_threshold("accuracy", 0.85) is True
    assert step.check_metric_threshold("recall", 0.85) is False


def test_the_first_step_with_an_answer_decides() -> None:
    class Lenient(ObservabilityStep):
        name = "lenient"

        def check_metric_threshold(self, metric_name: str, value: float) -> Any:
            return None if metric_name == "recall" else np.bool_(False)

    monitor = ModelMonitor()
    monitor.steps.insert(0, Lenient())
    assert monitor.check_metric_threshold("accuracy", 0.1) is False
    assert monitor.check_metric_threshold("recall", 0.1) is True


@pytest.mark.parametrize("value", ["0.9", b"0.9", None, [0.9], {}, object()])
def test_what_is_no_number_raises(value: Any) -> None:
    with pytest.raises(TypeError):
        ModelMonitor().check_metric_threshold("accuracy", value)


values = st.one_of(
    st.floats(),
    st.integers(-(10**6), 10**6),
    st.booleans(),
    st.floats(width=32).map(np.float32),
    st.floats().map(np.float64),
    st.integers(-100, 100).map(np.int64),
)


@given(metric=st.text(max_size=20), value=values, threshold=st.floats(allow_nan=False, allow_infinity=False))
def test_the_answer_is_exactly_a_bool(metric: str, value: Any, threshold: float) -> None:
    for config in ({"alert_threshold": threshold}, {"rules": {"accuracy": {"op": "<", "value": threshold}}}):
        monitor = ModelMonitor(config)
        for name in (metric, "accuracy"):
            answer = monitor.check_metric_threshold(name, value)
            assert type(answer) is bool
            if value != value:
                assert answer is True
