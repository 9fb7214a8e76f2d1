"""Workers wait for keys, for as long as it takes and no longer."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from easy_mlops_operator.controller.kinds import Key
from easy_mlops_operator.controller.workqueue.queue import MOMENT, Queue, QueueClosedError
from virtual_time import run_virtual

ONE, TWO, EDITED = Key("a", "one"), Key("a", "two"), Key("a", "edited")


def test_a_worker_gets_what_is_added_while_it_waits() -> None:
    async def scenario() -> Key:
        queue = Queue()
        waiting = asyncio.create_task(queue.get())
        await asyncio.sleep(1)
        queue.add([ONE])
        return await waiting

    assert run_virtual(scenario()) == ONE


def test_a_delayed_key_comes_when_it_is_due() -> None:
    async def scenario() -> float:
        queue = Queue()
        queue.add_after(ONE, 300)
        queue.add_after(ONE, 60)
        await queue.get()
        return asyncio.get_running_loop().time()

    assert run_virtual(scenario()) == pytest.approx(60)


def test_each_waiting_worker_gets_a_key_of_its_own() -> None:
    async def scenario() -> list[Key]:
        queue = Queue()
        workers = [asyncio.create_task(queue.get()) for _ in range(2)]
        await asyncio.sleep(0)
        queue.add([ONE, TWO])
        return list(await asyncio.gather(*workers))

    assert sorted(run_virtual(scenario())) == [ONE, TWO]


def test_a_change_waits_for_a_worker_that_may_take_it() -> None:
    async def scenario() -> tuple[list[Key], bool, Key]:
        queue = Queue(others_at_once=1)
        workers = [asyncio.create_task(queue.get()) for _ in range(3)]
        await asyncio.sleep(0)
        queue.add([ONE, TWO])
        await asyncio.sleep(1)
        taken = [worker.result() for worker in workers if worker.done()]
        queue.add([EDITED], "edit")
        await asyncio.sleep(1)
        taken += [worker.result() for worker in workers if worker.done() and worker.result() not in taken]
        waits = sum(not worker.done() for worker in workers) == 1
        queue.done(ONE)
        rest = next(worker for worker in workers if not worker.done())
        return taken, waits, await rest

    assert run_virtual(scenario()) == ([ONE, EDITED], True, TWO)


def test_two_keys_due_at_the_same_time_wake_two_workers() -> None:
    async def scenario() -> list[Key]:
        queue = Queue()
        workers = [asyncio.create_task(queue.get()) for _ in range(2)]
        queue.add_after(ONE, 5)
        queue.add_after(TWO, 5)
        return list(await asyncio.gather(*workers))

    assert sorted(run_virtual(scenario())) == [ONE, TWO]


def test_a_key_that_is_worked_on_comes_again_only_afterwards() -> None:
    async def scenario() -> tuple[bool, Key]:
        queue = Queue()
        queue.add([ONE])
        await queue.get()
        queue.add([ONE])
        other = asyncio.create_task(queue.get())
        await asyncio.sleep(10)
        too_early = other.done()
        queue.done(ONE)
        return too_early, await other

    assert run_virtual(scenario()) == (False, ONE)


def test_the_key_of_a_cancelled_worker_goes_to_another() -> None:
    async def scenario() -> Key:
        queue = Queue()
        first, second = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        queue.add([ONE])
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
        return await second

    assert run_virtual(scenario()) == ONE


def test_closing_the_queue_ends_the_workers() -> None:
    async def scenario() -> None:
        queue = Queue()
        waiting = asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        queue.close()
        with pytest.raises(QueueClosedError):
            await waiting
        queue.add([ONE])
        with pytest.raises(QueueClosedError):
            await queue.get()

    run_virtual(scenario())


def test_the_wait_of_each_key_is_reported() -> None:
    waits: list[float] = []

    async def scenario() -> None:
        queue = Queue(waits.append)
        queue.add([ONE])
        await asyncio.sleep(3)
        await queue.get()

    run_virtual(scenario())
    assert waits == [pytest.approx(3)]


def test_what_the_cluster_changes_within_a_moment_is_looked_at_once_and_an_edit_at_once() -> None:
    async def scenario() -> list[tuple[Key, float]]:
        queue, found = Queue(), []
        loop = asyncio.get_running_loop()
        for _ in range(4):
            queue.add_soon([ONE])
            await asyncio.sleep(MOMENT / 5)
        queue.add([TWO], "edit")
        for _ in range(2):
            found.append((await queue.get(), loop.time()))
            queue.done(found[-1][0])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(queue.get(), 60)
        return found

    (first, at), (second, later) = run_virtual(scenario())
    assert (first, second) == (TWO, ONE)
    assert later - at == pytest.approx(MOMENT / 5)


def test_the_queue_works_on_uvloop() -> None:
    """uvloop's handles are not asyncio's: one that is due at once has no `when`."""
    uvloop = pytest.importorskip("uvloop")

    async def scenario() -> list[Key]:
        queue = Queue()
        queue.add_after(ONE, 0.0)
        queue.add_after(TWO, 0.001)
        return [await queue.get(), await queue.get()]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(scenario()) == [ONE, TWO]


def test_a_paused_queue_takes_nothing_in_and_starts_with_what_there_is() -> None:
    async def scenario() -> list[Key]:
        queue = Queue()
        queue.pause()
        queue.add([ONE])
        queue.add_soon([ONE])
        await asyncio.sleep(1000)
        assert (queue.depth, queue.longest_wait()) == (0, 0)
        queue.start([TWO])
        queue.add([ONE])
        return [await queue.get(), await queue.get()]

    assert sorted(run_virtual(scenario())) == [ONE, TWO]
