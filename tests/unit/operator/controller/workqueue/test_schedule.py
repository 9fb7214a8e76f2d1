"""Laws of the work queue: nothing is lost, nothing runs twice at a time, nobody starves, retries slow down."""

from __future__ import annotations

import tracemalloc
from typing import get_args

import pytest
from easy_mlops_operator.controller.kinds import Key
from easy_mlops_operator.controller.workqueue.schedule import LONGEST_RETRY, Lane, Schedule
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

OTHERS = 3
KEYS = [Key(namespace, name) for namespace in ("a", "b", "c") for name in ("x", "y")]
keys = st.sampled_from(KEYS)
lanes: st.SearchStrategy[Lane] = st.sampled_from(get_args(Lane))


def make_schedule(random: float = 0.5, **limits: int) -> Schedule:
    return Schedule(lambda: random, **limits)


def drain(schedule: Schedule, now: float) -> list[Key]:
    order = []
    while (found := schedule.pop(now)) is not None:
        order.append(found[0])
        schedule.done(found[0], now)
    return order


class ScheduleMachine(RuleBasedStateMachine):
    """Any order of calls: `owed` are the keys that somebody asked for and that have not been handed out since."""

    def __init__(self) -> None:
        super().__init__()
        self.schedule = make_schedule(others_at_once=OTHERS)
        self.now = 0.0
        self.running: set[Key] = set()
        self.owed: dict[Key, float] = {}
        self.edited: set[Key] = set()
        self.held: dict[Key, float] = {}

    def owe(self, key: Key, due: float) -> None:
        due = max(due, self.held.get(key, 0.0))
        self.owed[key] = min(due, self.owed.get(key, due))

    @rule(key=keys, lane=lanes)
    def add(self, key: Key, lane: Lane) -> None:
        self.schedule.add(key, lane, self.now)
        self.owe(key, self.now)
        if lane == "edit":
            self.edited.add(key)

    @rule(key=keys, seconds=st.floats(0.1, 50), lane=lanes)
    def add_at(self, key: Key, seconds: float, lane: Lane) -> None:
        self.schedule.add_at(key, self.now + seconds, lane)
        self.owe(key, self.now + seconds)

    @rule(key=keys)
    def retry(self, key: Key) -> None:
        delay = self.schedule.retry(key, self.now)
        assert 0 < delay <= LONGEST_RETRY
        self.owe(key, self.now + delay)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), seconds=st.floats(0.1, 20))
    def hold(self, data: st.DataObject, seconds: float) -> None:
        key = data.draw(st.sampled_from(sorted(self.running)))
        self.schedule.hold(key, self.now + seconds)
        self.held[key] = max(self.now + seconds, self.held.get(key, 0.0))

    @rule(seconds=st.floats(0.01, 30))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def pop(self) -> None:
        found = self.schedule.pop(self.now)
        if found is None:
            due = [key for key, when in self.owed.items() if when <= self.now and self.is_free(key)]
            assert not due or len(self.running) >= OTHERS
            assert not self.edited.intersection(due)
            return
        key, waited = found
        self.edited.discard(key)
        assert key not in self.running
        assert self.owed.pop(key) <= self.now
        assert self.held.get(key, 0.0) <= self.now
        assert waited >= 0
        self.running.add(key)

    def is_free(self, key: Key) -> bool:
        return key not in self.running and self.held.get(key, 0.0) <= self.now

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.running)))
        self.running.discard(key)
        self.schedule.done(key, self.now)

    @invariant()
    def no_key_is_ready_twice(self) -> None:
        assert self.schedule.depth <= len(KEYS)

    def teardown(self) -> None:
        for key in sorted(self.running):
            self.schedule.done(key, self.now)
        rest = drain(self.schedule, self.now + 2 * LONGEST_RETRY)
        assert set(rest) >= set(self.owed), "a key was lost"


TestScheduleMachine = ScheduleMachine.TestCase


@given(st.lists(keys, min_size=1))
def test_a_key_added_many_times_comes_once(added: list[Key]) -> None:
    schedule = make_schedule()
    for key in added:
        schedule.add(key, "change", 0.0)
    order = drain(schedule, 0.0)
    assert sorted(order) == sorted(set(added))


def test_namespaces_take_turns() -> None:
    schedule = make_schedule()
    for number in range(100):
        schedule.add(Key("busy", f"r{number:03}"), "change", 0.0)
    schedule.add(Key("quiet", "only"), "change", 0.0)
    assert drain(schedule, 0.0).index(Key("quiet", "only")) <= 1


behind: list[tuple[Lane, Lane]] = [("edit", "change"), ("edit", "resync"), ("change", "resync")]


@pytest.mark.parametrize(("before", "after"), behind)
def test_a_lane_comes_before_those_behind_it(before: Lane, after: Lane) -> None:
    schedule = make_schedule()
    for number in range(100):
        schedule.add(Key("a", f"r{number:03}"), after, 0.0)
    schedule.add(Key("a", "urgent"), before, 1.0)
    assert drain(schedule, 1.0)[0] == Key("a", "urgent")


@pytest.mark.parametrize(("before", "after"), behind)
def test_a_key_is_where_it_comes_first(before: Lane, after: Lane) -> None:
    for lanes_of_second in ((before, after), (after, before)):
        schedule = make_schedule()
        schedule.add(Key("a", "first"), after, 0.0)
        for lane in lanes_of_second:
            schedule.add(Key("a", "second"), lane, 0.0)
        assert drain(schedule, 0.0) == [Key("a", "second"), Key("a", "first")]


def test_a_key_that_is_due_later_keeps_the_first_of_its_lanes() -> None:
    schedule = make_schedule()
    schedule.add_at(Key("a", "second"), 1.0, "change")
    schedule.add_at(Key("a", "second"), 2.0, "resync")
    schedule.add(Key("a", "first"), "resync", 0.0)
    assert drain(schedule, 1.0) == [Key("a", "second"), Key("a", "first")]
    assert schedule.pop(2.0) is None


def test_no_lane_starves_under_constant_work_in_those_before_it() -> None:
    schedule = make_schedule()
    schedule.add(Key("a", "patient"), "resync", 0.0)
    schedule.add(Key("a", "changed"), "change", 0.0)
    seen = []
    for number in range(100):
        for lane in ("edit", "change"):
            for twin in range(2):
                schedule.add(Key("b", f"{lane}-{number}-{twin}"), lane, 0.0)
        found = schedule.pop(0.0)
        assert found is not None
        seen.append(found[0])
    assert seen.index(Key("a", "changed")) < 10
    assert seen.index(Key("a", "patient")) < 90


def test_some_workers_take_nothing_but_edits() -> None:
    schedule = make_schedule(others_at_once=2)
    for number in range(9):
        schedule.add(Key("a", f"r{number}"), "resync" if number % 2 else "change", 0.0)
    others = [schedule.pop(0.0), schedule.pop(0.0)]
    assert None not in others
    assert schedule.pop(0.0) is None
    schedule.add(KEYS[0], "edit", 0.0)
    schedule.add(KEYS[1], "edit", 0.0)
    assert [schedule.pop(0.0), schedule.pop(0.0), schedule.pop(0.0)] == [(KEYS[0], 0.0), (KEYS[1], 0.0), None]
    schedule.done(KEYS[0], 0.0)
    assert schedule.pop(0.0) is None
    schedule.done(Key("a", "r0"), 0.0)
    assert schedule.pop(0.0) is not None
    assert schedule.pop(0.0) is None


def test_retries_slow_down_to_five_minutes_and_a_success_resets_them() -> None:
    schedule = make_schedule(random=1.0)
    delays = [schedule.retry(KEYS[0], 0.0) for _ in range(20)]
    assert delays[:3] == [0.005, 0.01, 0.02]
    assert delays[-1] == LONGEST_RETRY
    schedule.forget_failures(KEYS[0])
    assert schedule.retry(KEYS[0], 0.0) == 0.005


def test_failures_in_a_row_are_counted_until_they_are_forgotten() -> None:
    schedule = make_schedule()
    assert schedule.failures(KEYS[0]) == 0
    for _ in range(3):
        schedule.retry(KEYS[0], 0.0)
    assert schedule.failures(KEYS[0]) == 3
    schedule.forget_failures(KEYS[0])
    assert schedule.failures(KEYS[0]) == 0


def test_a_retry_comes_back_in_the_lane_that_it_came_from() -> None:
    schedule = make_schedule(random=1.0)
    schedule.add(KEYS[0], "edit", 0.0)
    schedule.pop(0.0)
    schedule.retry(KEYS[0], 0.0)
    schedule.done(KEYS[0], 0.0)
    schedule.add(KEYS[1], "change", 0.0)
    assert drain(schedule, 1.0) == KEYS[:2]


def test_a_retry_does_not_come_before_its_least_delay() -> None:
    assert make_schedule().retry(KEYS[0], 0.0, at_least=30) == 30


def test_a_held_key_waits_even_when_it_changes() -> None:
    schedule = make_schedule()
    schedule.add(KEYS[0], "change", 0.0)
    assert schedule.pop(0.0) is not None
    schedule.hold(KEYS[0], 60.0)
    schedule.add(KEYS[0], "change", 0.0)
    schedule.done(KEYS[0], 0.0)
    assert schedule.pop(59.0) is None
    assert schedule.pop(60.0) is not None


def test_superseded_times_are_dropped() -> None:
    """As when each pass asks for another one next week, and something else asks for one before."""
    schedule, day = make_schedule(), 24 * 3600.0
    schedule.add_at(KEYS[1], day)

    def passes(first: int, last: int) -> None:
        for second in range(first, last):
            schedule.add(KEYS[0], "change", float(second))
            assert schedule.pop(float(second)) is not None
            schedule.add_at(KEYS[0], second + 7 * day)
            schedule.done(KEYS[0], float(second))

    passes(0, 1000)
    tracemalloc.start()
    try:
        passes(1000, 11_000)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 50_000, "bytes, of ten thousand passes"
    assert drain(schedule, day) == [KEYS[1]]
    assert schedule.next_due() == 10_999 + 7 * day


def test_a_shorter_hold_does_not_end_a_longer_one() -> None:
    schedule = make_schedule()
    schedule.add(KEYS[0], "change", 0.0)
    schedule.pop(0.0)
    schedule.hold(KEYS[0], 60.0)
    schedule.hold(KEYS[0], 30.0)
    schedule.add(KEYS[0], "edit", 0.0)
    schedule.done(KEYS[0], 0.0)
    assert schedule.pop(59.0) is None
    assert schedule.pop(60.0) is not None


def test_the_longest_wait_and_run_are_known() -> None:
    schedule = make_schedule()
    schedule.add(KEYS[0], "change", 0.0)
    assert schedule.longest_wait(7.0) == 7.0
    schedule.pop(7.0)
    assert (schedule.longest_wait(9.0), schedule.longest_run(9.0)) == (0.0, 2.0)
