"""The `observability` section as the policy that `easy_mlops.rules` judges by."""

from __future__ import annotations

from typing import Final

from easy_mlops.config.base import step_of
from easy_mlops.config.observability import MetricThresholdParams, ObservabilitySection, Rule
from easy_mlops.rules.precedence import Policy, Thresholds, WrittenRule

THRESHOLD_STEP: Final = "metric_threshold"


def policy_of(section: ObservabilitySection) -> Policy:
    """Rules, limits, directions and suppression windows of the section and its threshold steps.

    Raises
    ------
    ConfigError
        If the parameters of a threshold step are not valid.
    """
    return Policy(
        rules=tuple(_written(name, rule, section) for name, rule in section.rules.items()),
        steps=tuple(map(_thresholds, _threshold_steps(section))),
        section=_thresholds(section),
        alert_threshold=section.alert_threshold if "alert_threshold" in section.model_fields_set else None,
        runbook=section.runbook.link(""),
        suppression=tuple(window.period for window in section.runbook.suppression_windows),
    )


def _written(name: str, rule: Rule, section: ObservabilitySection) -> WrittenRule:
    return WrittenRule(
        name=name,
        metric=rule.metric or name,
        op=rule.op,
        value=rule.value,
        low=rule.low,
        high=rule.high,
        ratio=rule.ratio_to_reference,
        alpha=rule.from_reference.alpha if rule.from_reference else None,
        severity=rule.severity,
        column=rule.column,
        window=rule.window,
        min_samples=rule.min_samples,
        no_data=rule.no_data,
        runbook=section.runbook.link(rule.runbook),
    )


def _thresholds(place: MetricThresholdParams | ObservabilitySection) -> Thresholds:
    return Thresholds(
        limits=place.metric_thresholds,
        directions=place.metric_directions,
        higher=place.higher_is_better,
        lower=place.lower_is_better,
        default=place.default_threshold if isinstance(place, MetricThresholdParams) else None,
    )


def _threshold_steps(section: ObservabilitySection) -> list[MetricThresholdParams]:
    steps = []
    for index, item in enumerate(section.steps or []):
        step = step_of(item)
        if step.type == THRESHOLD_STEP:
            params = MetricThresholdParams.parse(step.params, f"observability.steps[{index}].params")
            steps += [params] if params.enabled else []
    return steps
