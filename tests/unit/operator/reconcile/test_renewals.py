"""Evaluations are written at once when a state changes, and rarely otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from easy_mlops_operator.api.status import Evaluation
from easy_mlops_operator.reconcile.conditions.renewal import is_due

LAST = datetime(2026, 11, 24, 10, tzinfo=UTC)
LIVE: dict[str, Any] = {
    "name": "p95_latency_ms",
    "layer": "system",
    "state": "OK",
    "value": "100",
    "op": ">",
    "threshold": "250",
    "source": "rules",
    "severity": "warning",
    "window": "5m",
    "samples": 40,
    "message": "fine",
}


def made(**changes: Any) -> tuple[Evaluation, ...]:
    return (Evaluation.model_validate({**LIVE, **changes}),)


def due(minutes: float, before: dict[str, Any] | None = None, **changes: Any) -> bool:
    return is_due(made(**(before or {})), made(**changes), LAST, LAST + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "Firing"},
        {"state": "NoData", "value": None},
        {"threshold": "300"},
        {"op": ">="},
        {"severity": "critical"},
        {"window": "1h"},
        {"source": "steps"},
        {"name": "p99_latency_ms"},
    ],
)
def test_a_change_of_state_or_rule_is_written_at_once(changes: dict[str, Any]) -> None:
    assert due(0, **changes)


def test_an_evaluation_more_or_less_is_written_at_once() -> None:
    assert is_due(made(), (*made(), *made(name="x")), LAST, LAST)
    assert is_due(made(), (), LAST, LAST)


@pytest.mark.parametrize("minutes", [0, 1, 4.99])
def test_a_value_alone_waits_for_five_minutes(minutes: float) -> None:
    assert not due(minutes, value="1000")


@pytest.mark.parametrize(
    ("value", "is_due"), [("100", False), ("105", False), ("95", False), ("105.1", True), ("94.9", True)]
)
def test_after_five_minutes_a_value_has_to_have_moved_by_more_than_five_percent(value: str, is_due: bool) -> None:
    assert due(5, value=value) is is_due


def test_leaving_zero_is_a_move() -> None:
    assert due(5, {"value": "0"}, value="0.001")
    assert not due(5, {"value": "0"}, value="0")


def test_samples_message_and_contributors_alone_are_no_reason() -> None:
    assert not due(60, samples=50, message="finer", top=["age 0.1"])


def test_another_reason_for_no_data_is_reported_in_time() -> None:
    nothing = {"state": "NoData", "value": None}
    before, after = {**nothing, "reason": "NotCollected"}, {**nothing, "reason": "TooFewSamples"}
    assert not due(4, before, **after)
    assert due(5, before, **after)


def test_a_held_out_value_is_another_run_and_written_at_once() -> None:
    assert due(0, {"window": None, "value": "0.9"}, window=None, value="0.91")


def test_what_was_never_written_is_not_renewed_for_its_values() -> None:
    assert not is_due(made(), made(value="200"), None, LAST)
