"""Which limit applies to a metric: everything that the configuration says, as one list of rules.

For one metric, the first of these decides: the rule of its name, the parameters of a `metric_threshold` step, the
section's maps, and for measured metrics on which there is no rule, a `default_threshold` or `alert_threshold` that is
written, and finally the built-in 0.8 if the metric is between 0 and 1. Rules of other names apply as well.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from easy_mlops.rules.metrics import ROLLING, Direction, is_spread_or_count, metric_of
from easy_mlops.rules.rule import EffectiveRule, NoDataPolicy, NoRule, Op, Severity, Source, WindowName
from easy_mlops.rules.suppression import SuppressionPeriod

LAST_RESORT: Final = 0.8
"""The limit of a metric between 0 and 1 when none is written."""
MOST_LIMITS: Final = 64
"""Rules and limits that one configuration may have: as many as a status lists."""
CHANCE_SAMPLES: Final = 50
"""With fewer rows than this, hardly any shift exceeds a limit by chance."""
_CV_SCORES: Final = ("accuracy", "r2_score")
"""What cross-validation averages in `cv_mean`: the accuracy of a classifier, the R² of a regressor."""
_NAME_LIMIT: Final = 63
_NAMESAKE: Final = "-metric"


@dataclass(frozen=True)
class WrittenRule:
    """One item of `rules`, with what it leaves open as None; `runbook` is the address to read."""

    name: str
    metric: str
    op: Op | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    ratio: float | None = None
    alpha: float | None = None
    severity: Severity = "warning"
    column: str | None = None
    window: WindowName = "5m"
    min_samples: int | None = None
    no_data: NoDataPolicy = "unknown"
    runbook: str = ""


@dataclass(frozen=True)
class Thresholds:
    """The limits and directions that are written in one place: a threshold step, or the section itself."""

    limits: Mapping[str, float] = field(default_factory=dict)
    directions: Mapping[str, Direction] = field(default_factory=dict)
    higher: Collection[str] = ()
    lower: Collection[str] = ()
    default: float | None = None


@dataclass(frozen=True)
class Policy:
    """Everything that the configuration says about limits; `alert_threshold` is None if it is not written."""

    rules: tuple[WrittenRule, ...] = ()
    steps: tuple[Thresholds, ...] = ()
    section: Thresholds = Thresholds()
    alert_threshold: float | None = None
    runbook: str = ""
    suppression: tuple[SuppressionPeriod, ...] = ()

    def effective_rules(
        self, measured: Iterable[str] = (), reference: Mapping[str, float] | None = None
    ) -> tuple[EffectiveRule | NoRule, ...]:
        """Everything that is judged: what the policy names, and the `measured` metrics.

        First the `rules` in their order, then the metrics to which a map gives a limit unless the rule of the metric's
        name replaces it, then the measured ones; a metric that cannot be judged is listed as `NoRule`. Only measured
        metrics get a default limit: pass the held-out metrics of a run, not live figures, which are judged only when
        they are named. `measured` also determines what `cv_mean` averages. `reference` has the held-out metrics that
        `ratio_to_reference` multiplies.
        """
        names = list(measured)
        rules = [self._of_written(rule, names, reference or {}) for rule in self.rules]
        limited = self._limited()
        others = [metric for metric in names if metric not in limited and not self.rules_on(metric)]
        metrics = (self._of_metric(metric, names) for metric in dict.fromkeys([*limited, *others]))
        return tuple(_distinctly_named([*rules, *metrics]))

    def direction_of(self, metric: str, measured: Iterable[str] = ()) -> Direction | None:
        """Which side of the metric is better, declared or by its name; None when neither says."""
        declared = self._declared(metric)
        if declared or metric != "cv_mean":
            return declared or metric_of(metric).better
        averaged = _averaged(measured)
        return None if averaged is None else self._declared(averaged) or metric_of(averaged).better

    def is_alert(
        self, metric: str, value: float, measured: Iterable[str] = (), reference: Mapping[str, float] | None = None
    ) -> bool:
        """The answer of `check_metric_threshold` for a number: True is an alert.

        NaN is one, since a model whose metric is not a number is not healthy. A metric of unknown direction is taken
        as better when higher, as in the guide; a spread or a count that nothing names is no alert. Raises `ValueError`
        for a rule relative to a reference that is not known.
        """
        if value != value:
            return True
        names = list(measured)
        rules = [self._of_written(rule, names, reference or {}) for rule in self.rules_on(metric)]
        if metric in self._limited() or (not rules and self._is_judged(metric)):
            rules.append(self._toward(metric, self.direction_of(metric, names) or "higher"))
        return any(rule.fires(value) for rule in rules)

    def rules_on(self, metric: str) -> list[WrittenRule]:
        """The `rules` on this metric as a whole; one about a single column leaves the metric's limit in place."""
        return [rule for rule in self.rules if rule.column is None and rule.metric == metric]

    def _limited(self) -> list[str]:
        """Metrics whose limit in a map applies: no rule of the metric's name replaces it."""
        return [metric for metric in self._named() if all(rule.name != metric for rule in self.rules_on(metric))]

    def _named(self) -> Sequence[str]:
        """Metrics to which a map gives a limit, the steps' first."""
        return list(dict.fromkeys(metric for place in (*self.steps, self.section) for metric in place.limits))

    def _of_metric(self, metric: str, measured: Sequence[str]) -> EffectiveRule | NoRule:
        if not self._is_judged(metric):
            return NoRule(metric, metric, "spreads and counts have no default limit")
        direction = self.direction_of(metric, measured)
        if direction is None:
            reason = f"metric_directions does not declare which side of {metric} is better"
            return NoRule(metric, metric, reason, has_limit=metric in self._named())
        rule = self._toward(metric, direction)
        if rule.source == "default" and not self._is_bounded(metric, measured):
            return NoRule(metric, metric, f"no limit is written, and {LAST_RESORT} only suits metrics between 0 and 1")
        return rule

    def _is_bounded(self, metric: str, measured: Sequence[str]) -> bool:
        averaged = _averaged(measured) if metric == "cv_mean" else None
        return metric_of(averaged or metric).is_bounded

    def _toward(self, metric: str, better: Direction) -> EffectiveRule:
        threshold, source = self._limit(metric)
        op: Op = "<" if better == "higher" else ">"
        few = metric_of(metric).min_samples
        return EffectiveRule(metric, metric, op, threshold, source, min_samples=few, runbook=self.runbook)

    def _of_written(self, rule: WrittenRule, measured: Sequence[str], reference: Mapping[str, float]) -> EffectiveRule:
        threshold = rule.value
        if rule.ratio is not None:
            known = reference_of(rule.metric, reference)
            threshold = None if known is None else known * rule.ratio
        few = metric_of(rule.metric).min_samples if rule.alpha is None else CHANCE_SAMPLES
        return EffectiveRule(
            name=rule.name,
            metric=rule.metric,
            op=rule.op or ("<" if self.direction_of(rule.metric, measured) == "higher" else ">"),
            threshold=threshold,
            source="rules",
            severity=rule.severity,
            column=rule.column,
            window=rule.window,
            min_samples=rule.min_samples or few,
            low=rule.low,
            high=rule.high,
            ratio=rule.ratio,
            alpha=rule.alpha,
            no_data=rule.no_data,
            runbook=rule.runbook,
        )

    def _is_judged(self, metric: str) -> bool:
        """Whether any limit applies: one of its own, or a default, which spreads and counts do not have."""
        return metric in self._named() or not is_spread_or_count(metric) or self._declared(metric) is not None

    def _declared(self, metric: str) -> Direction | None:
        places = (*self.steps, self.section)
        for place in places:
            if metric in place.directions:
                return place.directions[metric]
        for place in places:
            if metric in place.higher:
                return "higher"
            if metric in place.lower:
                return "lower"
        return None

    def _limit(self, metric: str) -> tuple[float, Source]:
        for step in self.steps:
            if metric in step.limits:
                return step.limits[metric], "steps"
        if metric in self.section.limits:
            return self.section.limits[metric], "metric_thresholds"
        for step in self.steps:
            if step.default is not None:
                return step.default, "default_threshold"
        if self.alert_threshold is not None:
            return self.alert_threshold, "alert_threshold"
        return LAST_RESORT, "default"


def _averaged(measured: Iterable[str]) -> str | None:
    """The metric that `cv_mean` averages, by what else is measured."""
    names = set(measured)
    return next((name for name in _CV_SCORES if name in names), None)


def reference_of(metric: str, reference: Mapping[str, float]) -> float | None:
    """The value that `ratio_to_reference` multiplies; that of `rolling_mae` is the held-out `mae`."""
    known = reference.get(metric, reference.get(metric.removeprefix(ROLLING)))
    return known if isinstance(known, int | float) and math.isfinite(known) else None


def _distinctly_named(rules: Iterable[EffectiveRule | NoRule]) -> Iterator[EffectiveRule | NoRule]:
    """The rules, with another name for a metric whose name a rule about something else already has."""
    names: set[str] = set()
    for rule in rules:
        named, number = rule, 1
        while named.name in names:
            ending = _NAMESAKE if number == 1 else f"{_NAMESAKE}-{number}"
            named, number = replace(rule, name=f"{rule.name[: _NAME_LIMIT - len(ending)]}{ending}"), number + 1
        names.add(named.name)
        yield named
