"""The built-in step that decides whether the value of a metric is an alert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from easy_mlops.config.base import StepSpec, step_of
from easy_mlops.config.observability import MetricThresholdParams, ObservabilitySection
from easy_mlops.config.policy import policy_of
from easy_mlops.observability.steps import ObservabilityStep
from easy_mlops.rules.precedence import LAST_RESORT


class MetricThresholdStep(ObservabilityStep):
    """Decides by its own parameters and, in a `ModelMonitor`, by the rest of the configuration.

    The precedence of limits is that of `easy_mlops.rules.precedence`.

    Parameters
    ----------
    default_threshold : float, default 0.8
        Limit of metrics that have none of their own.
    metric_thresholds : mapping of str to float, optional
        Limits by metric.
    metric_directions : mapping of str to {"higher", "lower"}, optional
        The better side by metric, where the name does not say it.

    Raises
    ------
    ConfigError
        For an unknown parameter or direction.

    Examples
    --------
    >>> step = MetricThresholdStep(metric_thresholds={"accuracy": 0.9})
    >>> step.check_metric_threshold("accuracy", 0.85)
    True
    """

    name: ClassVar[str] = "metric_threshold"
    params_model = MetricThresholdParams

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        parsed = MetricThresholdParams.parse({k: v for k, v in params.items() if v is not None}, self.name)
        self.default_threshold = LAST_RESORT if parsed.default_threshold is None else parsed.default_threshold
        self.metric_thresholds = dict(parsed.metric_thresholds)
        self.metric_directions = dict(parsed.metric_directions)
        self._own = StepSpec(type=MetricThresholdStep.name, params=parsed.model_dump(exclude_unset=True))
        self._policy = policy_of(ObservabilitySection(steps=[self._own]))
        self._reference: Mapping[str, float] = {}

    def configure(self, section: ObservabilitySection, reference: Mapping[str, float] | None = None) -> None:
        """Also decide by the rules, maps and other threshold steps of a configuration.

        Parameters
        ----------
        section : ObservabilitySection
            The configuration.
        reference : mapping of str to float, optional
            Metrics on the held-out rows, which `ratio_to_reference` multiplies.
        """
        self._reference = reference or {}
        others = [step for item in section.steps or () if (step := step_of(item)).type == MetricThresholdStep.name]
        self._policy = policy_of(section.model_copy(update={"steps": [self._own, *others]}))
        self.metric_thresholds = {**section.metric_thresholds, **self.metric_thresholds}
        self.metric_directions = {**section.metric_directions, **self.metric_directions}
        if "default_threshold" not in self._own.params:
            self.default_threshold = section.alert_threshold

    def check_metric_threshold(self, metric_name: str, value: float) -> bool:
        """Whether the value is an alert.

        Parameters
        ----------
        metric_name : str
            Name of the metric.
        value : float
            Its value.

        Returns
        -------
        bool
        """
        return self._policy.is_alert(metric_name, value, reference=self._reference)
