"""The `observability:` section of the guide, and the notebook's `rules`."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from easy_mlops.config.base import MetricName, Number, Section, as_number, step_of
from easy_mlops.config.runbook import RunbookSection
from easy_mlops.config.steps import Catalogue, Steps
from easy_mlops.rules.metrics import COLUMN_METRICS, METRICS, Direction
from easy_mlops.rules.precedence import CHANCE_SAMPLES, LAST_RESORT
from easy_mlops.rules.rule import NoDataPolicy, Op, Severity, WindowName

Ratio = Annotated[float, Field(gt=0, allow_inf_nan=False), BeforeValidator(as_number)]
"""A finite number above zero."""
Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False), BeforeValidator(as_number)]
"""A finite number between zero and one."""
LIMIT_FORMS: Final = "op and value, op: outside with low and high, ratio_to_reference, or from_reference"

LIMITS: Final = ("value", "low", "high", "ratio_to_reference", "from_reference")
"""Keys of a rule that set its limit; low and high together are one limit."""


_MIN_SAMPLES: Final = ", ".join(
    [f"{CHANCE_SAMPLES} with from_reference"]
    + [f"{row.min_samples} for {row.name}" for row in METRICS.values() if row.min_samples > 1]
    + ["1 for all others"]
)


class FromReference(Section):
    """A limit that rows distributed as in training exceed by chance with a given probability."""

    method: Literal["chi2"] = Field(
        default="chi2",
        description="chi2: without drift, psi of n rows over B bins of M training rows is distributed as "
        "χ²(B - 1) · (1/n + 1/M).",
    )
    alpha: Share = Field(
        default=0.001, description="Probability of a false alarm for one column, each time it is evaluated."
    )


class Rule(Section):
    """A metric and the values of it that are an alert, in the form of the notebook."""

    op: Op | None = Field(
        default=None,
        description="Comparison, taken literally: the rule fires when `metric op value`; outside fires below low and "
        "above high. With ratio_to_reference, the default is the worse side.",
    )
    value: Number | None = Field(default=None, description="Limit with which the metric is compared.")
    low: Number | None = Field(default=None, description="With op: outside, the rule fires below this value.")
    high: Number | None = Field(default=None, description="With op: outside, the rule fires above this value.")
    ratio_to_reference: Ratio | None = Field(
        default=None,
        description="Limit as a multiple, such as 2.0, of the metric's value on the held-out rows of the deployed "
        "model. For rolling_mae, that is mae.",
    )
    from_reference: FromReference | None = Field(
        default=None,
        description="Limit computed from the reference and the number of rows: the value that psi exceeds by chance "
        "with probability alpha.",
    )
    severity: Severity = Field(
        default="warning", description="critical also makes the model's health Critical; info only informs."
    )
    metric: MetricName | None = Field(default=None, description="Metric to evaluate; default is the name of the rule.")
    column: str | None = Field(
        default=None,
        max_length=253,
        description=f"Evaluate this column only; default is the worst column. For {', '.join(COLUMN_METRICS)}.",
    )
    window: WindowName = Field(
        default="5m", description="How far back live metrics reach; held-out metrics have no window."
    )
    min_samples: int | None = Field(
        default=None,
        ge=1,
        description=f"With fewer samples, the rule is NoData, never OK and never an alert. Default: {_MIN_SAMPLES}.",
    )
    no_data: NoDataPolicy = Field(
        default="unknown",
        description="State of the rule without data: unknown (NoData), ok, alert, or keep_last, which keeps the last "
        "verdict. A value that is not a finite number is never OK.",
    )
    runbook: str = Field(
        default="",
        max_length=200,
        description="What to read when the rule fires: a URL, or an anchor in runbook.url such as #mae.",
    )

    @model_validator(mode="after")
    def _one_limit(self) -> Rule:
        limits = [name for name in LIMITS if getattr(self, name) is not None]
        outside = self.op == "outside"
        if limits not in ([["low", "high"]] if outside else [["value"], ["ratio_to_reference"], ["from_reference"]]):
            keys = ", ".join([f"op: {self.op}"] * (self.op is not None) + limits) or "none of them"
            raise ValueError(f"a rule has exactly one limit: {LIMIT_FORMS}; here is {keys}")
        if self.from_reference is not None and self.op not in (None, ">", ">="):
            raise ValueError(f"from_reference is an upper limit: op must be > or >=, got {self.op!r}")
        if limits == ["value"] and self.op is None:
            raise ValueError(f"value needs an op, one of {', '.join(get_args(Op))}")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low ({self.low:g}) is above high ({self.high:g})")
        return self


class MetricThresholdParams(Section):
    """Parameters of the `metric_threshold` step."""

    default_threshold: Number | None = Field(
        default=None, description="Limit of metrics that have none of their own; takes precedence over alert_threshold."
    )
    metric_thresholds: dict[MetricName, Number] = Field(default_factory=dict, description="Limits by metric.")
    metric_directions: dict[MetricName, Direction] = Field(
        default_factory=dict, description="Better side by metric: higher or lower."
    )
    higher_is_better: list[MetricName] = Field(default_factory=list, description="Kept from release 0.4.")
    lower_is_better: list[MetricName] = Field(default_factory=list, description="Kept from release 0.4.")
    enabled: bool = Field(default=True, description="Kept from release 0.4: false disables the step.")


class LoggerParams(Section):
    """Parameters of `metrics_logger` and `predictions_logger`."""

    enabled: bool = Field(default=True, description="Kept from release 0.4: false disables the step.")
    export_limit: int = Field(
        default=1000, ge=1, le=1_000_000, description="Number of newest entries in the JSON export of the log."
    )


class ObservabilitySection(Section):
    """What is recorded about a model, and which metric values are an alert."""

    track_metrics: bool = Field(default=True, description="Whether metrics are logged.")
    log_predictions: bool = Field(default=True, description="Whether predictions are logged.")
    alert_threshold: Number = Field(
        default=LAST_RESORT,
        description="Limit of every measured metric that has no other limit and no rule. If it is not set, it only "
        "applies to metrics between 0 and 1, such as accuracy, and not to errors such as rmse.",
    )
    metric_thresholds: dict[MetricName, Number] = Field(
        default_factory=dict, max_length=64, description="Limits by metric name."
    )
    metric_directions: dict[MetricName, Direction] = Field(
        default_factory=dict,
        max_length=64,
        description="Better side by metric name: higher or lower. Takes precedence over what the name suggests.",
    )
    higher_is_better: list[MetricName] = Field(
        default_factory=list, max_length=64, description="Kept from release 0.4; use metric_directions."
    )
    lower_is_better: list[MetricName] = Field(
        default_factory=list, max_length=64, description="Kept from release 0.4; use metric_directions."
    )
    steps: Steps = Field(
        default=None,
        description="Ordered list of steps that replaces the default one; each is a name or {type, params}. "
        "Built in: metrics_logger, predictions_logger, metric_threshold.",
    )
    rules: dict[MetricName, Rule] = Field(
        default_factory=dict, max_length=64, description=f"Alert rules by name: {{severity, …}} and {LIMIT_FORMS}."
    )

    runbook: RunbookSection = Field(
        default_factory=RunbookSection, description="Who handles an alert, what to do, and when alerts are expected."
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
    """Whether predictions are logged: log_predictions is true, and a list of steps, if there is one, has the logger."""
    if section.steps is None:
        return section.log_predictions
    loggers = [step for step in map(step_of, section.steps) if step.type == "predictions_logger"]
    enabled = any(LoggerParams.parse(step.params, "observability.steps").enabled for step in loggers)
    return section.log_predictions and enabled
