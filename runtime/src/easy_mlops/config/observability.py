"""The `observability:` section of the guide, and the notebook's `rules`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from easy_mlops.config.base import Number, Section, step_of
from easy_mlops.config.steps import Catalogue, Steps

Direction = Literal["higher", "lower"]
Op = Literal[">", ">=", "<", "<=", "==", "!="]
Severity = Literal["info", "warning", "critical"]
MetricName = Annotated[str, Field(min_length=1, max_length=63)]


class Rule(Section):
    """A metric and the values of it that are an alert, in the notebook's form."""

    op: Op = Field(description="The alert's comparison, taken literally: the rule fires when `metric op value`.")
    value: Number = Field(description="Limit that the metric is compared with.")
    severity: Severity = Field(
        default="warning", description="critical also makes the model's health Critical; info only informs."
    )
    metric: MetricName | None = Field(
        default=None, description="Metric to judge when the rule's own name is not the metric's."
    )
    column: str | None = Field(
        default=None,
        max_length=253,
        description="Judge this column only (null_rate); default is the worst one.",
    )
    window: Literal["1m", "5m", "1h"] = Field(
        default="5m", description="How far back live figures reach; held-out metrics have no window."
    )
    min_samples: int = Field(
        default=1, ge=1, description="Fewer samples than this are NoData, never OK and never an alert."
    )


class MetricThresholdParams(Section):
    """Parameters of the `metric_threshold` step."""

    default_threshold: Number | None = Field(
        default=None, description="Limit of known metrics without one of their own; outranks alert_threshold."
    )
    metric_thresholds: dict[MetricName, Number] = Field(default_factory=dict, description="Limits by metric.")
    metric_directions: dict[MetricName, Direction] = Field(
        default_factory=dict, description="Which side is better, by metric: higher or lower."
    )
    higher_is_better: list[MetricName] = Field(default_factory=list, description="Kept from release 0.4.")
    lower_is_better: list[MetricName] = Field(default_factory=list, description="Kept from release 0.4.")
    enabled: bool = Field(default=True, description="Kept from release 0.4: false leaves the step out.")


class LoggerParams(Section):
    """Parameters of `metrics_logger` and `predictions_logger`."""

    enabled: bool = Field(default=True, description="Kept from release 0.4: false leaves the step out.")
    export_limit: int = Field(
        default=1000, ge=1, le=1_000_000, description="Newest entries that the JSON export of the log holds."
    )


class ObservabilitySection(Section):
    """What is recorded about a model, and which values of its metrics are an alert."""

    track_metrics: bool = Field(default=True, description="Whether metrics are logged.")
    log_predictions: bool = Field(default=True, description="Whether predictions are logged.")
    alert_threshold: Number = Field(
        default=0.8, description="Limit of every known metric for which nothing else is said."
    )
    metric_thresholds: dict[MetricName, Number] = Field(
        default_factory=dict, max_length=64, description="Limits by metric name."
    )
    metric_directions: dict[MetricName, Direction] = Field(
        default_factory=dict,
        max_length=64,
        description="Which side is better, by metric name: higher or lower. Overrides what the name suggests.",
    )
    higher_is_better: list[MetricName] = Field(
        default_factory=list, max_length=64, description="Kept from release 0.4; use metric_directions."
    )
    lower_is_better: list[MetricName] = Field(
        default_factory=list, max_length=64, description="Kept from release 0.4; use metric_directions."
    )
    steps: Steps = Field(
        default=None,
        description="Ordered steps that replace the default ones; each is a name or {type, params}. "
        "Built in: metrics_logger, predictions_logger, metric_threshold.",
    )
    rules: dict[MetricName, Rule] = Field(
        default_factory=dict, max_length=64, description="Alert rules by name: {op, value, severity, …}."
    )

    @model_validator(mode="after")
    def _one_direction(self) -> ObservabilitySection:
        both = set(self.higher_is_better) & set(self.lower_is_better)
        if both:
            raise ValueError(f"{sorted(both)[0]!r} is in both higher_is_better and lower_is_better")
        return self


OBSERVABILITY_STEPS: Final[Catalogue] = {
    "metrics_logger": LoggerParams,
    "predictions_logger": LoggerParams,
    "metric_threshold": MetricThresholdParams,
}
"""The built-in steps and their parameters, in the default order."""


def logs_predictions(section: ObservabilitySection) -> bool:
    """Whether predictions are to be logged: off is off, and a list of steps must name the logger."""
    if section.steps is None:
        return section.log_predictions
    loggers = [step for step in map(step_of, section.steps) if step.type == "predictions_logger"]
    enabled = any(LoggerParams.parse(step.params, "observability.steps").enabled for step in loggers)
    return section.log_predictions and enabled
