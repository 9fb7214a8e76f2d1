"""Kubernetes Events of a pass: one for each transition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from easy_mlops_operator.api.conditions import ConditionType, Reason
from easy_mlops_operator.api.status import Condition, Status
from easy_mlops_operator.reconcile.conditions.evaluations import notifies
from easy_mlops_operator.reconcile.model import Event

_REPORTED: Final = (
    ConditionType.STALLED,
    ConditionType.SPEC_ACCEPTED,
    ConditionType.PIPELINE_SUCCEEDED,
    ConditionType.MODEL_LOADED,
    ConditionType.READY,
)
_UNREMARKABLE: Final = (Reason.VALID, Reason.PROGRESSING)


def transitions(before: Status, after: Status, owner: str = "") -> tuple[Event, ...]:
    """Events for the differences of `after`. Each reason is reported once, by the first condition that has it; not
    again when the resource stalls because of it.

    `owner` is responsible for the model and is named with each rule that fires.
    """
    events: dict[str, Event] = {}
    told = {item.reason for item in before.conditions if item.type in _REPORTED}
    for type_ in _REPORTED:
        old, new = before.condition(type_), after.condition(type_)
        if new is None or (old is not None and (old.status, old.reason) == (new.status, new.reason)):
            continue
        if type_ is ConditionType.STALLED and new.reason in told:
            continue
        if new.reason not in _UNREMARKABLE:
            events.setdefault(new.reason, _event(new))
    return (*events.values(), *_of_pruning(before, after), *_of_rules(before, after, owner))


def _event(condition: Condition) -> Event:
    good = condition.status == ("False" if condition.type == ConditionType.STALLED else "True")
    calm = good or condition.reason in (Reason.RUNNING, Reason.SUSPENDED)
    return Event("Normal" if calm else "Warning", condition.reason, condition.message)


def _of_pruning(before: Status, after: Status) -> Iterator[Event]:
    previous = before.pruning.message if before.pruning is not None else ""
    if after.pruning is not None and after.pruning.message not in ("", previous):
        yield Event("Warning", Reason.PRUNE_FAILED, after.pruning.message)


def _of_rules(before: Status, after: Status, owner: str) -> Iterator[Event]:
    """A rule that still fires when its suppression window closes is reported then; that one stops firing always is."""
    fired = {item.name for item in before.evaluations if item.state == "Firing"}
    notified = {item.name for item in before.evaluations if notifies(item)}
    for item in after.evaluations:
        if notifies(item) and item.name not in notified:
            calm = item.severity == "info"
            read = f"; runbook: {item.runbook}" if item.runbook else ""
            read += f"; owner: {owner}" if owner else ""
            yield Event("Normal" if calm else "Warning", Reason.RULE_FIRING, f"{item.name}: {item.message}{read}")
        if item.state == "OK" and item.name in fired:
            yield Event("Normal", Reason.WITHIN_THRESHOLDS, f"{item.name}: {item.message}")
