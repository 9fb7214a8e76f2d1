"""Which values of a metric are an alert: the configuration's many ways to say it, as one list of rules.

Pure, and the only place that knows the precedence, so that `check_metric_threshold` on a laptop and the operator
in the cluster judge alike. For one metric the first of these decides: `rules`, parameters of a `metric_threshold`
step, the section's maps, a `default_threshold` that is written, `alert_threshold`, and as the last resort 0.8.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from easy_mlops.config.base import step_of
from easy_mlops.config.effective import EffectiveRule, NoRule, Source
from easy_mlops.config.observability import (
    Direction,
    MetricThresholdParams,
    ObservabilitySection,
    Op,
    Rule,
)

THRESHOLD_STEP: Final = "metric_threshold"

_BETTER_HIGHER: Final = frozenset({"accuracy", "auc", "precision", "recall", "f1", "r2"})
_BETTER_LOWER: Final = frozenset(
    {"mae", "mse", "rmse", "mape", "loss", "error", "latency", "null", "drift", "psi", "bad"}
    | {"shift", "unseen", "mismatch"}
)
_CV_SCORES: Final = ("accuracy", "r2_score")
"""What cross-validation averages in `cv_mean`: the accuracy of a classifier, the R² of a regressor."""


MIN_SAMPLES: Final[Mapping[str, int]] = {"psi": 500, "feature_mean_shift": 100}
"""Fewer rows than this move these metrics by chance; of every other metric one sample is enough."""
CHANCE_SAMPLES: Final = 50
"""With fewer rows than this hardly any shift exceeds a limit of `from_reference`."""


def effective_rules(
    section: ObservabilitySection, measured: Iterable[str] = (), reference: Mapping[str, float] | None = None
) -> tuple[EffectiveRule | NoRule, ...]:
    """Everything that the section judges, of what it names and of the `measured` metrics.

    First the `rules` in their order, then the metrics that a map names, then the measured ones; a metric that
    cannot be judged is listed as `NoRule`. Only measured metrics get a default limit: hand in the held-out
    metrics of a run, not live figures, which are judged only when they are named. `measured` also tells what
    `cv_mean` averages. `reference` has the held-out metrics that `ratio_to_reference` multiplies. Raises `ConfigError`
    when the parameters of a threshold step are not valid.
    """
    names = list(measured)
    limits = _Limits(section, names, reference)
    found = [limits.of_rule(name, rule) for name, rule in section.rules.items()]
    without = [metric for metric in dict.fromkeys([*limits.named(), *names]) if not _rules_on(section, metric)]
    return (*found, *map(limits.rule_of, without))


def direction_of(metric: str, section: ObservabilitySection, measured: Iterable[str] = ()) -> Direction | None:
    """Which side of the metric is better, declared or by its name; None when neither tells."""
    return _Limits(section, measured).direction_of(metric)


def reference_of(metric: str, reference: Mapping[str, float]) -> float | None:
    """The value that `ratio_to_reference` multiplies; that of `rolling_mae` is the held-out `mae`."""
    known = reference.get(metric, reference.get(metric.removeprefix("rolling_")))
    return known if isinstance(known, int | float) and math.isfinite(known) else None


def is_alert(
    section: ObservabilitySection,
    metric: str,
    value: float,
    measured: Iterable[str] = (),
    reference: Mapping[str, float] | None = None,
) -> bool:
    """What `check_metric_threshold` answers for a number: True is an alert.

    NaN is one, since a model whose metric is not a number is not healthy. A metric of unknown direction is taken
    for one that is better when higher, as the guide does; a spread or a count that nothing names is no alert.
    Raises `ValueError` for a rule relative to a reference that is not known.
    """
    if value != value:
        return True
    limits = _Limits(section, measured, reference)
    rules = _rules_on(section, metric)
    if rules:
        return any(limits.of_rule(name, rule).fires(value) for name, rule in rules.items())
    rule = limits.rule_of(metric)
    if isinstance(rule, NoRule):
        if not limits.judged(metric):
            return False
        rule = limits.toward(metric, "higher")
    return rule.fires(value)


class _Limits:
    """Limits and directions of a section, its threshold steps and maps put together."""

    def __init__(
        self, section: ObservabilitySection, measured: Iterable[str], reference: Mapping[str, float] | None = None
    ) -> None:
        self._section = section
        self._reference = reference or {}
        self._steps = _threshold_steps(section)
        self._measured = frozenset(measured)

    def named(self) -> Sequence[str]:
        """Metrics that a map gives a limit, the steps' first."""
        maps = [step.metric_thresholds for step in self._steps] + [self._section.metric_thresholds]
        return list(dict.fromkeys(metric for limits in maps for metric in limits))

    def rule_of(self, metric: str) -> EffectiveRule | NoRule:
        if not self.judged(metric):
            return NoRule(metric, "a spread or a count is judged only by a limit of its own")
        direction = self.direction_of(metric)
        if direction is None:
            return NoRule(metric, f"metric_directions does not say whether higher or lower {metric} is better")
        return self.toward(metric, direction)

    def toward(self, metric: str, better: Direction) -> EffectiveRule:
        threshold, source = self._limit(metric)
        op: Op = "<" if better == "higher" else ">"
        few, read = MIN_SAMPLES.get(metric, 1), self._section.runbook.link("")
        return EffectiveRule(metric, metric, op, threshold, source, min_samples=few, runbook=read)

    def of_rule(self, name: str, rule: Rule) -> EffectiveRule:
        metric = rule.metric or name
        threshold, by_chance = rule.value, rule.from_reference
        if rule.ratio_to_reference is not None:
            known = reference_of(metric, self._reference)
            threshold = None if known is None else known * rule.ratio_to_reference
        return EffectiveRule(
            name=name,
            metric=metric,
            op=rule.op or ("<" if self.direction_of(metric) == "higher" else ">"),
            threshold=threshold,
            source="rules",
            severity=rule.severity,
            column=rule.column,
            window=rule.window,
            min_samples=rule.min_samples or (CHANCE_SAMPLES if by_chance else MIN_SAMPLES.get(metric, 1)),
            low=rule.low,
            high=rule.high,
            ratio=rule.ratio_to_reference,
            alpha=by_chance.alpha if by_chance else None,
            no_data=rule.no_data,
            runbook=self._section.runbook.link(rule.runbook),
        )

    def judged(self, metric: str) -> bool:
        """Whether any limit goes for the metric: one of its own, or a default when it is not a spread or count."""
        return metric in self.named() or not _is_spread_or_count(metric) or self._declared(metric) is not None

    def direction_of(self, metric: str) -> Direction | None:
        declared = self._declared(metric)
        if declared or metric != "cv_mean":
            return declared or _by_name(metric)
        return next((self._declared(name) or _by_name(name) for name in _CV_SCORES if name in self._measured), None)

    def _declared(self, metric: str) -> Direction | None:
        places: list[MetricThresholdParams | ObservabilitySection] = [*self._steps, self._section]
        for place in places:
            if metric in place.metric_directions:
                return place.metric_directions[metric]
        for place in places:
            if metric in place.higher_is_better:
                return "higher"
            if metric in place.lower_is_better:
                return "lower"
        return None

    def _limit(self, metric: str) -> tuple[float, Source]:
        for step in self._steps:
            if metric in step.metric_thresholds:
                return step.metric_thresholds[metric], "steps"
        if metric in self._section.metric_thresholds:
            return self._section.metric_thresholds[metric], "metric_thresholds"
        for step in self._steps:
            if step.default_threshold is not None:
                return step.default_threshold, "default_threshold"
        written = "alert_threshold" in self._section.model_fields_set
        return self._section.alert_threshold, "alert_threshold" if written else "default"


def _rules_on(section: ObservabilitySection, metric: str) -> dict[str, Rule]:
    """The `rules` that judge this metric as a whole; one narrowed to a column leaves the metric's limit in place."""
    return {n: rule for n, rule in section.rules.items() if rule.column is None and (rule.metric or n) == metric}


def _threshold_steps(section: ObservabilitySection) -> list[MetricThresholdParams]:
    found = []
    for index, item in enumerate(section.steps or []):
        step = step_of(item)
        if step.type == THRESHOLD_STEP:
            params = MetricThresholdParams.parse(step.params, f"observability.steps[{index}].params")
            found += [params] if params.enabled else []
    return found


def _by_name(metric: str) -> Direction | None:
    tokens = _tokens(metric)
    if not tokens:
        return None
    if tokens[-1] in _BETTER_HIGHER or tokens[-2:] in (["f1", "score"], ["r2", "score"]):
        return "higher"
    return "lower" if _BETTER_LOWER.intersection(tokens) else None


def _is_spread_or_count(metric: str) -> bool:
    tokens = _tokens(metric)
    return bool(tokens) and (tokens[-1] in {"std", "count"} or tokens[0] == "n")


def _tokens(metric: str) -> list[str]:
    return [token for token in re.split(r"[^a-z0-9]+", metric.lower()) if token]
