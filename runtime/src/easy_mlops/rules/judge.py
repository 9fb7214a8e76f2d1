"""A rule and a figure make a verdict: its state, its limit and its message. Nothing else decides whether a rule fires.

The unrounded value is compared. Texts have six significant digits, and more where rounded numbers would contradict the
verdict. A value that is not a finite number is `NoData`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final, Literal, Protocol, TypeVar

from easy_mlops.rules.chance import figure_limit
from easy_mlops.rules.decimals import SIGNIFICANT_DIGITS, decimal, distinguishing_digits, exact
from easy_mlops.rules.figure import Figure, NoDataReason, not_a_number
from easy_mlops.rules.metrics import Direction, Layer, metric_of
from easy_mlops.rules.rule import EffectiveRule, NoRule, Op, Severity, Source
from easy_mlops.rules.suppression import SuppressionPeriod, suppression_of

State = Literal["OK", "Firing", "NoData", "NoRule"]
"""`NoData` and `NoRule` are neither OK nor an alert."""
_WINDOWS: Final = {"batch": "the batch"}
"""Windows that have another name in messages."""


@dataclass(frozen=True)
class Verdict:
    """What a rule says about a figure.

    `threshold` is None with `outside`, whose limits are `low` and `high`; `limit` has either as text. `direction` is
    the better side. `column` is the one that the rule names, `worst_column` the one that the value is of. `value` is
    None unless it is a finite number; `value_text` and `threshold_text` have the digits that the verdict needs.
    `reason` says why there is no data. A verdict that fires is `suppressed` while a suppression window is open, by the
    window's name and until a time (RFC 3339, UTC).
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
    value_text: str = ""
    threshold_text: str = ""
    alpha: float | None = None
    window: str = ""
    reason: str = ""
    top: tuple[str, ...] = ()

    @property
    def layer(self) -> Layer:
        """The layer of the metric."""
        return metric_of(self.metric).layer


class HasState(Protocol):
    """A verdict in whatever form its owner keeps it."""

    @property
    def state(self) -> str:
        """OK, Firing, NoData or NoRule."""


Previous = TypeVar("Previous", bound=HasState)


def judge(rule: EffectiveRule, figure: Figure) -> Verdict:
    """Whether the figure breaks the rule: OK, Firing, or NoData with the reason."""
    if rule.alpha is not None:
        rule = rule.at(figure_limit(figure, rule.alpha))
    if figure.value is not None and not math.isfinite(figure.value):
        figure = not_a_number(figure.window)._replace(samples=figure.samples, column=figure.column, top=figure.top)
    digits, computed = SIGNIFICANT_DIGITS, rule.limit_is_computed
    if figure.value is not None:
        digits = distinguishing_digits(figure.value, rule.limits, rounds_limits=computed)
    limit_number = partial(decimal, digits=digits) if computed else exact
    value_text = "" if figure.value is None else decimal(figure.value, digits)
    limit = rule.limit_text(limit_number)
    state, reason, message = _decide(rule, figure, value_text, limit)
    return Verdict(
        name=rule.name,
        metric=rule.metric,
        state=state,
        value=figure.value,
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
        worst_column=figure.column,
        samples=figure.samples,
        runbook=rule.runbook,
        value_text=value_text,
        threshold_text="" if rule.threshold is None else limit_number(rule.threshold),
        alpha=rule.alpha,
        window=figure.window,
        reason=reason,
        top=figure.top,
    )


def without_rule(rule: NoRule, value: float | None) -> Verdict:
    """The verdict on a metric that has no rule: its value alone.

    NoData if that is not a finite number, or if a limit is written that cannot be applied.
    """
    if value is not None and not math.isfinite(value):
        unusable = not_a_number()
        message = f"{rule.metric} {unusable.explanation}"
        return Verdict(rule.name, rule.metric, "NoData", None, message=message, reason=unusable.reason)
    text = "" if value is None else decimal(value)
    if rule.has_limit:
        message = f"{rule.metric}{text and f' = {text}'} cannot be judged: {rule.reason}"
        return Verdict(rule.name, rule.metric, "NoData", None, message=message, reason=NoDataReason.NO_DIRECTION)
    return Verdict(rule.name, rule.metric, "NoRule", value, message=rule.reason, value_text=text)


def apply_no_data(rule: EffectiveRule, verdict: Verdict, previous: Previous | None) -> Verdict | Previous:
    """What the rule's `no_data` makes of a verdict without data; `previous` is the last one of the very same rule.

    `ok` and `keep_last` are about a figure that is missing. A value that is not a number is there, and never OK.
    """
    if verdict.state != "NoData" or rule.no_data == "unknown":
        return verdict
    if rule.no_data == "alert":
        return replace(verdict, state="Firing", message=f"{verdict.message}; no_data is alert")
    if verdict.reason == NoDataReason.NOT_A_NUMBER:
        return verdict
    if rule.no_data == "keep_last":
        return verdict if previous is None or previous.state not in ("OK", "Firing") else previous
    return replace(verdict, state="OK", message=f"{verdict.message}; no_data is ok")


def suppress(verdict: Verdict, periods: Iterable[SuppressionPeriod], now: datetime) -> Verdict:
    """The verdict, marked if it fires while a suppression window is open."""
    window = suppression_of(periods, verdict.name, now) if verdict.state == "Firing" else None
    if window is None:
        return verdict
    return replace(verdict, suppressed=True, suppressed_by=window.by, suppressed_until=window.until_text)


def _decide(rule: EffectiveRule, figure: Figure, value: str, limit: str) -> tuple[State, str, str]:
    """State, reason and message; `value` and `limit` are the texts of either."""
    column = rule.column or figure.column
    subject = f"{rule.metric} of {column}" if column else rule.metric
    over = f" over {_WINDOWS.get(figure.window, figure.window)}" if figure.window else ""
    if figure.samples is not None and figure.samples < rule.min_samples:
        few = f"{subject}: too few samples{over} (n={figure.samples} < {rule.min_samples})"
        return "NoData", NoDataReason.TOO_FEW_SAMPLES, few
    if figure.value is None:
        return "NoData", figure.reason, f"{subject} {figure.explanation}"
    if rule.lacks_reference:
        unknown = f"{subject} = {value}, limit {limit}: no reference of {rule.metric} is known"
        return "NoData", NoDataReason.NO_REFERENCE, unknown
    samples = "" if figure.samples is None else f" (n={figure.samples})"
    if rule.fires(figure.value):
        return "Firing", "", f"{subject} = {value} {limit}{over}{samples}"
    return "OK", "", f"{subject} = {value}{over}{samples}, limit {limit}"


def _better_side(op: Op) -> Direction | None:
    if op in ("<", "<="):
        return "higher"
    return "lower" if op in (">", ">=") else None
