"""Conditions change their time only with their status, and keep one order."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from easy_mlops_operator.api.conditions import ConditionType, Reason, make_condition, merge_conditions
from easy_mlops_operator.api.status import Condition, Truth
from hypothesis import given
from hypothesis import strategies as st

START = datetime(2026, 1, 1, tzinfo=UTC)


def made(
    type_: ConditionType, status: Truth, reason: Reason = Reason.VALID, *, generation: int = 1, later: int = 0
) -> Condition:
    return make_condition(type_, status, reason, "because", generation=generation, now=START + timedelta(seconds=later))


def test_a_new_condition_has_the_time_of_now() -> None:
    merged = merge_conditions([], [made(ConditionType.READY, "True", later=5)])
    assert merged[0].last_transition_time == "2026-01-01T00:00:05Z"


def test_the_time_stays_while_only_reason_message_or_generation_change() -> None:
    old = made(ConditionType.READY, "False", Reason.PROGRESSING)
    new = made(ConditionType.READY, "False", Reason.PIPELINE_FAILED, generation=2, later=60)
    merged = merge_conditions([old], [new])
    assert merged[0].reason == Reason.PIPELINE_FAILED
    assert merged[0].observed_generation == 2
    assert merged[0].last_transition_time == old.last_transition_time


def test_the_time_moves_with_the_status() -> None:
    old, new = made(ConditionType.READY, "False"), made(ConditionType.READY, "True", later=60)
    assert merge_conditions([old], [new])[0].last_transition_time == "2026-01-01T00:01:00Z"


def test_a_condition_that_is_not_reported_again_is_removed() -> None:
    assert merge_conditions([made(ConditionType.STALLED, "True")], []) == ()


def test_the_order_does_not_depend_on_the_order_of_setting() -> None:
    conditions = [made(type_, "True") for type_ in (ConditionType.READY, ConditionType.SERVING, ConditionType.STALLED)]
    orders = {merge_conditions([], order) for order in itertools.permutations(conditions)}
    assert len(orders) == 1
    assert [condition.type for condition in orders.pop()] == ["Ready", "Serving", "Stalled"]


@given(st.lists(st.tuples(st.sampled_from(list(ConditionType)), st.sampled_from(["True", "False", "Unknown"]))))
def test_time_moves_exactly_when_the_status_does(history: list[tuple[ConditionType, Truth]]) -> None:
    conditions: tuple[Condition, ...] = ()
    for second, (type_, status) in enumerate(history):
        before = {condition.type: condition for condition in conditions}
        conditions = merge_conditions(conditions, [*conditions, made(type_, status, later=second)])
        for condition in conditions:
            old = before.get(condition.type)
            if old is not None:
                moved = condition.last_transition_time != old.last_transition_time
                assert not moved or condition.status != old.status
