"""All evaluations together: the condition `ThresholdsMet`, the model's health, and the columns of `kubectl get`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from easy_mlops_operator.api.conditions import Reason
from easy_mlops_operator.api.status import Evaluation, EvaluationCounts, Health, Truth

_NAMED = 5
"""Evaluations that a message names; it counts the others."""


@dataclass(frozen=True)
class Assessment:
    """`ThresholdsMet` and what goes with it."""

    status: Truth
    reason: Reason
    message: str
    health: Health
    counts: EvaluationCounts
    thresholds: str
    firing: str


def assess(evaluations: Sequence[Evaluation]) -> Assessment:
    """False if a rule of severity warning or critical fires, otherwise True if any rule has data, otherwise Unknown.

    A firing rule of severity info is counted and shown, but does not decide. Live rules without data do not prevent
    the condition from being True; the message names them.
    """
    firing = [item for item in evaluations if item.state == "Firing"]
    ok = [item for item in evaluations if item.state == "OK"]
    no_data = [item for item in evaluations if item.state == "NoData"]
    total = len(firing) + len(ok) + len(no_data)
    counts = EvaluationCounts(
        ok=len(ok), firing=len(firing), no_data=len(no_data), suppressed=sum(bool(item.suppressed) for item in firing)
    )
    status, reason, message = _decide(evaluations, total)
    return Assessment(
        status=status,
        reason=reason,
        message=message,
        health=_health(firing, ok),
        counts=counts,
        thresholds=_in_words(counts),
        firing=_names(firing),
    )


def _in_words(counts: EvaluationCounts) -> str:
    total = counts.ok + counts.firing + counts.no_data
    if counts.firing:
        return f"{counts.firing} firing of {total}"
    if counts.no_data:
        return f"{counts.no_data} no data of {total}"
    return f"OK {total}" if total else "none"


def _decide(evaluations: Sequence[Evaluation], total: int) -> tuple[Truth, Reason, str]:
    alarming = [item for item in evaluations if item.state == "Firing" and item.severity != "info"]
    judged = [item for item in evaluations if item.state in ("OK", "Firing")]
    no_data = [item for item in evaluations if item.state == "NoData"]
    if alarming:
        named = "; ".join(_text(item) for item in alarming[:_NAMED])
        return "False", Reason.RULE_FIRING, f"{len(alarming)} of {total} fire: {named}{_more(alarming)}"
    if judged:
        ok = sum(item.state == "OK" for item in judged)
        rest = f"; no data for {_names(no_data)}" if no_data else ""
        return "True", Reason.WITHIN_THRESHOLDS, f"{ok} of {total} are within their limits{rest}"
    if no_data:
        return "Unknown", Reason.NO_DATA, f"no rule could be evaluated; no data for {_names(no_data)}"
    return "Unknown", Reason.NO_DATA, "no metric has a limit"


def _health(firing: Sequence[Evaluation], ok: Sequence[Evaluation]) -> Health:
    severities = {item.severity for item in firing}
    if "critical" in severities:
        return "Critical"
    if "warning" in severities:
        return "Warning"
    return "Healthy" if ok or firing else "Unknown"


def _text(item: Evaluation) -> str:
    text = item.message if item.message.startswith(item.name) else f"{item.name}: {item.message}"
    return f"{text} (suppressed by {item.suppressed_by} until {item.suppressed_until})" if item.suppressed else text


def _names(items: Sequence[Evaluation]) -> str:
    return ", ".join(item.name for item in items[:_NAMED]) + _more(items)


def _more(items: Sequence[Evaluation]) -> str:
    return f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
