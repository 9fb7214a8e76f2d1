"""The latest metrics against their limits: what `status` lists and the report shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from easy_mlops.config.observability import Direction, ObservabilitySection, Op, Severity
from easy_mlops.config.thresholds import EffectiveRule, NoRule, Source, effective_rules
from easy_mlops.observability.loggers import number

State = Literal["OK", "Firing", "NoData", "NoRule"]


@dataclass(frozen=True)
class Evaluation:
    """A metric, the limit that goes for it, and the verdict; `direction` is the better side."""

    name: str
    metric: str
    state: State
    value: float | None
    op: Op | None = None
    threshold: float | None = None
    direction: Direction | None = None
    source: Source | None = None
    severity: Severity | None = None
    message: str = ""


Latest = Mapping[tuple[str, str | None], float]
"""Values by metric and column; the column None is for the metric as such."""


def evaluate(
    section: ObservabilitySection, metrics: Mapping[str, Any], measured: Latest | None = None
) -> list[Evaluation]:
    """Judge the metrics of one entry and, where it has none of a name, the latest ones `measured` otherwise.

    What has no value in either is `NoData`: neither OK nor an alert.
    """
    values: dict[tuple[str, str | None], float | None] = dict(measured or {})
    values |= {(name, None): number(value) for name, value in metrics.items() if not isinstance(value, dict | list)}
    names = list(dict.fromkeys(name for name, _ in values))
    return [_judged(rule, values) for rule in effective_rules(section, names)]


def _judged(rule: EffectiveRule | NoRule, values: Mapping[tuple[str, str | None], float | None]) -> Evaluation:
    column = None if isinstance(rule, NoRule) else rule.column
    value = values.get((rule.metric, column))
    if isinstance(rule, NoRule):
        return Evaluation(rule.name, rule.metric, "NoRule", value, message=rule.reason)
    state: State
    if value is None:
        where = "" if column is None else f" by column ({column})"
        state, message = "NoData", f"not among the latest metrics{where}"
    else:
        fires = rule.fires(value)
        state = "Firing" if fires else "OK"
        message = f"{value:g} is {'' if fires else 'not '}{rule.op} {rule.threshold:g}"
    return Evaluation(
        name=rule.name,
        metric=rule.metric,
        state=state,
        value=value,
        op=rule.op,
        threshold=rule.threshold,
        direction=_better_side(rule.op),
        source=rule.source,
        severity=rule.severity,
        message=message,
    )


def _better_side(op: Op) -> Direction | None:
    if op in ("<", "<="):
        return "higher"
    return "lower" if op in (">", ">=") else None
