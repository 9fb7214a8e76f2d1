"""Observability: what is logged about a model, and which of it is an alert. Light: no pandas, no scikit-learn."""

from easy_mlops.observability.loggers import MetricsLoggerStep, PredictionsLoggerStep
from easy_mlops.observability.monitor import ModelMonitor
from easy_mlops.observability.notebook import RULES, check_threshold, log_metric
from easy_mlops.observability.steps import ObservabilityStep
from easy_mlops.observability.threshold import MetricThresholdStep

__all__ = [
    "RULES",
    "MetricThresholdStep",
    "MetricsLoggerStep",
    "ModelMonitor",
    "ObservabilityStep",
    "PredictionsLoggerStep",
    "check_threshold",
    "log_metric",
]
