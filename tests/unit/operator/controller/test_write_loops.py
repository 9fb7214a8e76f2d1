"""A write loop with another controller is distinguished from a rollout, and from a user who keeps editing."""

from __future__ import annotations

from easy_mlops_operator.controller.kinds import Key
from easy_mlops_operator.controller.write_loops import ALLOWED, FORGIVEN_SECONDS, LONGEST_SECONDS, WriteLoops

KEY = Key("ns", "churn")


def holds(loops: WriteLoops, passes: int, *, every: float, generation: int = 1) -> list[float]:
    """How long the resource was left alone after each of so many writing passes."""
    return [loops.wrote(KEY, generation, number * every) for number in range(passes)]


def test_a_rollout_writes_several_times_and_is_not_held_up() -> None:
    assert holds(WriteLoops(), int(ALLOWED), every=0.01) == [0.0] * int(ALLOWED)


def test_a_write_loop_is_held_up_for_longer_and_longer() -> None:
    seconds = holds(WriteLoops(), 30, every=0.0)[int(ALLOWED) :]
    assert seconds == sorted(seconds)
    assert (seconds[0], seconds[-1]) == (2.0, LONGEST_SECONDS)


def test_a_write_loop_that_never_ends_is_held_up_all_the_time() -> None:
    """Each pass comes when the last hold has ended, and writes again."""
    loops, now, passes = WriteLoops(), 0.0, 0
    while now < 3600:
        now += loops.wrote(KEY, 1, now)
        passes += 1
    assert passes < 2 * 3600 / FORGIVEN_SECONDS


def test_writes_that_come_slowly_are_no_write_loop() -> None:
    assert not any(holds(WriteLoops(), 100, every=FORGIVEN_SECONDS))


def test_an_edit_or_a_pass_with_nothing_to_write_ends_it() -> None:
    loops = WriteLoops()
    assert holds(loops, 20, every=0.0)[-1] > 0
    assert loops.wrote(KEY, 2, 0.0) == 0
    assert holds(loops, 20, every=0.0, generation=2)[-1] > 0
    loops.end(KEY)
    assert loops.wrote(KEY, 2, 0.0) == 0
