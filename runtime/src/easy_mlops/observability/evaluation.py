"""The latest metrics against their limits: what `status` lists and the report shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from easy_mlops.config.observability import Direction, ObservabilitySection, Op, Severity
from easy_mlops.config.thresholds import EffectiveRule, NoRule, Source, effective_rules
from easy_mlops.observability.entries import number
from easy_mlops.observability.measurements import Key, Measurement, moment

State = Literal["OK", "Firing", "NoData", "NoRule"]
Values = Mapping[Key, float | None]


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
    column: str | None = None
    message: str = ""


def evaluate(
    section: ObservabilitySection, entry: Mapping[str, Any], measured: Mapping[Key, Measurement] | None = None
) -> list[Evaluation]:
    """Judge the metrics of an entry and the latest ones `measured` otherwise; of a name in both, the newer value.

    What is measured while a model lives has no default limit, only one that is written. What has no value is `NoData`:
    neither OK nor an alert.
    """
    metrics: Mapping[str, Any] = entry.get("metrics") or {}
    logged = {name: number(value) for name, value in metrics.items() if not isinstance(value, dict | list)}
    since = moment(entry.get("timestamp"))
    newer = {
        key: item.value
        for key, item in (measured or {}).items()
        if key[1] is not None or key[0] not in logged or since is None or item.time > since
    }
    values: Values = {**{(name, None): value for name, value in logged.items()}, **newer}
    rules = effective_rules(section, logged)
    ruled = {rule.metric for rule in rules if isinstance(rule, NoRule) or rule.column is None}
    live = dict.fromkeys(name for name, _ in newer if name not in ruled)
    return [_judged(rule, values) for rule in [*rules, *(NoRule(name, "no limit is written for it") for name in live)]]


def _judged(rule: EffectiveRule | NoRule, values: Values) -> Evaluation:
    column = None if isinstance(rule, NoRule) else rule.column
    value = values.get((rule.metric, column))
    if isinstance(rule, NoRule):
        return Evaluation(rule.name, rule.metric, "NoRule", value, message=rule.reason)
    state: State
    if value is None:
        where = "" if column is None else f" by column ({column})"
        absent = (rule.metric, column) not in values
        state, message = "NoData", f"not among the latest metrics{where}" if absent else "its latest value is no number"
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
        column=rule.column,
        message=message,
    )


def _better_side(op: Op) -> Direction | None:
    if op in ("<", "<="):
        return "higher"
    return "lower" if op in (">", ">=") else None
