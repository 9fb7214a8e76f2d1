"""The latest metrics against their limits: what `status` lists and the report shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from easy_mlops.config.effective import EffectiveRule, NoRule, Source
from easy_mlops.config.observability import Direction, ObservabilitySection, Op, Severity
from easy_mlops.config.suppression import SuppressionWindow, suppression_of
from easy_mlops.config.thresholds import effective_rules
from easy_mlops.monitoring.chance import beyond, chance_limit
from easy_mlops.observability.entries import number
from easy_mlops.observability.measurements import Key, Measurement, moment

State = Literal["OK", "Firing", "NoData", "NoRule"]


@dataclass(frozen=True)
class Figure:
    """A value, None when it is no number, the rows behind it where that is known, and the column that it is of.

    `bins` and `reference` are those that it was counted over and the rows of the reference, where that is known.
    """

    value: float | None
    samples: int | None = None
    column: str | None = None
    bins: int | None = None
    reference: int | None = None

    @classmethod
    def of(cls, item: Measurement) -> Figure:
        """What a row of `metrics.csv` gives to judge."""
        return cls(item.value, item.samples, item.column, item.bins, item.reference)


Values = Mapping[Key, Figure]
_NOTHING: Final = Figure(None)


@dataclass(frozen=True)
class Evaluation:
    """A metric, the limit that goes for it, and the verdict; `direction` is the better side.

    `threshold` is None for `outside`, whose limits are `low` and `high`; `limit` has either in words. `column` is the
    one that the rule is about, `worst_column` the one that the value is of; `samples` the rows behind it, if known.
    What fires is `suppressed` while a window of the runbook is open, by its name and until a time (RFC 3339, UTC).
    """

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
    low: float | None = None
    high: float | None = None
    limit: str = ""
    worst_column: str | None = None
    samples: int | None = None
    runbook: str = ""
    suppressed: bool = False
    suppressed_by: str = ""
    suppressed_until: str = ""


def evaluate(
    section: ObservabilitySection,
    entry: Mapping[str, Any],
    measured: Mapping[Key, Measurement] | None = None,
    *,
    reference: Mapping[str, float] | None = None,
    earlier: Iterable[tuple[str, Figure]] = (),
    batch: Sequence[Figure] = (),
    now: datetime | None = None,
) -> list[Evaluation]:
    """Judge the metrics of an entry and the latest ones `measured` otherwise; of a name in both, the newer value.

    What is measured while a model lives has no default limit, only one that is written. What has no value, or fewer
    samples than its rule asks for, is `NoData`: neither OK nor an alert, unless the rule's `no_data` says so.
    `reference` has the held-out metrics that `ratio_to_reference` multiplies; `earlier` all figures by metric, oldest
    first, among which `keep_last` finds the last one that can be judged; `batch` the columns' psi that were measured
    last, of which `from_reference` takes the one that chance explains least. What fires while a suppression window is
    open at `now`, the present by default, is marked as suppressed.
    """
    metrics: Mapping[str, Any] = entry.get("metrics") or {}
    logged = {name: number(value) for name, value in metrics.items() if not isinstance(value, dict | list)}
    since = moment(entry.get("timestamp"))
    newer = {
        key: Figure.of(item)
        for key, item in (measured or {}).items()
        if key[1] is not None or key[0] not in logged or since is None or item.time > since
    }
    values: Values = {**{(name, None): Figure(value) for name, value in logged.items()}, **newer}
    rules = effective_rules(section, logged, reference)
    ruled = {rule.metric for rule in rules if isinstance(rule, NoRule) or rule.column is None}
    live = dict.fromkeys(name for name, _ in newer if name not in ruled)
    every = [*rules, *(NoRule(name, "no limit is written for it") for name in live)]
    windows, present = section.runbook.suppression_windows, now or datetime.now(UTC)
    return [_marked(_judged(rule, values, earlier, batch), windows, present) for rule in every]


def _marked(found: Evaluation, windows: Iterable[SuppressionWindow], now: datetime) -> Evaluation:
    suppression = suppression_of(windows, found.name, now) if found.state == "Firing" else None
    if suppression is None:
        return found
    until = f"{suppression.until:%Y-%m-%dT%H:%M:%SZ}"
    return replace(found, suppressed=True, suppressed_by=suppression.by, suppressed_until=until)


def _judged(
    rule: EffectiveRule | NoRule, values: Values, earlier: Iterable[tuple[str, Figure]], batch: Sequence[Figure]
) -> Evaluation:
    if isinstance(rule, NoRule):
        value = values.get((rule.metric, None), _NOTHING).value
        return Evaluation(rule.name, rule.metric, "NoRule", value, message=rule.reason)
    figure = values.get((rule.metric, rule.column))
    found = _verdict(rule, figure if rule.alpha is None or rule.column is not None else _least_by_chance(rule, batch))
    if found.state != "NoData" or rule.no_data == "unknown":
        return found
    if rule.no_data == "keep_last":
        kept = [figure for name, figure in earlier if name == rule.metric and rule.column in (None, figure.column)]
        verdicts = (_verdict(rule, figure) for figure in reversed(kept))
        return next((verdict for verdict in verdicts if verdict.state != "NoData"), found)
    state: State = "OK" if rule.no_data == "ok" else "Firing"
    return replace(found, state=state, message=f"{found.message}; no_data is {rule.no_data}")


def _by_chance(rule: EffectiveRule, figure: Figure | None) -> float | None:
    """The limit of a rule with `from_reference` for the rows of a figure."""
    if rule.alpha is None or figure is None:
        return None
    return chance_limit(figure.bins or 0, figure.samples or 0, figure.reference or 0, rule.alpha)


def _least_by_chance(rule: EffectiveRule, batch: Sequence[Figure]) -> Figure | None:
    """The figure of a batch that is farthest beyond its limit."""
    return max(batch, key=lambda item: beyond(item.value, _by_chance(rule, item)), default=None)


def _verdict(rule: EffectiveRule, figure: Figure | None) -> Evaluation:
    rule = rule.at(_by_chance(rule, figure))
    limit = rule.limit_text("{:g}".format)
    state: State = "NoData"
    if figure is None:
        message = "not among the latest metrics" + ("" if rule.column is None else f" by column ({rule.column})")
    elif figure.value is None:
        message = "its latest value is no number"
    elif figure.samples is not None and figure.samples < rule.min_samples:
        message = f"too few samples (n={figure.samples} < {rule.min_samples})"
    elif rule.lacks_reference:
        message = f"no reference of {rule.metric} is known"
    else:
        fires = rule.fires(figure.value)
        state = "Firing" if fires else "OK"
        of = f" ({figure.column})" if figure.column else ""
        message = f"{figure.value:g}{of} is {'' if fires else 'not '}{limit}"
    known = figure or _NOTHING
    return Evaluation(
        name=rule.name,
        metric=rule.metric,
        state=state,
        value=known.value,
        op=rule.op,
        threshold=rule.threshold,
        direction=_better_side(rule.op),
        source=rule.source,
        severity=rule.severity,
        column=rule.column,
        message=message,
        low=rule.low,
        high=rule.high,
        limit=limit,
        worst_column=known.column,
        samples=known.samples,
        runbook=rule.runbook,
    )


def _better_side(op: Op) -> Direction | None:
    if op in ("<", "<="):
        return "higher"
    return "lower" if op in (">", ">=") else None
