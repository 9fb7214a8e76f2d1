"""A restart is asked for when it would help, and only then: the loop, a watch, a worker is stuck, a task has ended."""

from __future__ import annotations

import asyncio
import threading
import time
import urllib.request

import aiohttp
import pytest
from easy_mlops_operator.controller.kinds import JOB, POD, WATCHED, Key
from easy_mlops_operator.controller.leadership.elector import Alone
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.workqueue.queue import Queue
from easy_mlops_operator.telemetry.health import Health, HealthServer
from easy_mlops_operator.telemetry.metrics import CONTENT_TYPE
from operator_process import free_port
from virtual_time import run_virtual

KEY = Key("ns", "churn")


async def nothing() -> None:
    return


def test_all_is_well_while_nothing_hangs() -> None:
    async def scenario() -> list[str]:
        return Health(Store(), Queue(), Alone()).problems()

    assert run_virtual(scenario()) == []


def test_a_task_that_has_ended_is_a_problem() -> None:
    async def scenario() -> list[str]:
        health = Health(Store(), Queue(), Alone())
        task = asyncio.create_task(nothing(), name="evaluator")
        health.watch_over([task])
        await task
        return health.problems()

    assert run_virtual(scenario()) == ["task evaluator has ended"]


def test_a_pass_that_hangs_is_a_problem() -> None:
    async def scenario() -> list[str]:
        queue = Queue()
        health = Health(Store(), queue, Alone())
        queue.add([KEY])
        await queue.get()
        await asyncio.sleep(301)
        return health.problems()

    assert run_virtual(scenario()) == ["a pass has been running for 301 s"]


def test_work_that_does_not_move_is_an_ailment() -> None:
    async def scenario() -> list[str]:
        queue = Queue()
        health = Health(Store(), queue, Alone())
        queue.add([KEY])
        await asyncio.sleep(301)
        return health.problems()

    assert run_virtual(scenario()) == ["a resource has been waiting for 301 s"]


def test_a_watch_that_misses_a_listed_change_is_a_problem() -> None:
    async def scenario() -> list[list[str]]:
        health = Health(Store(), Queue(), Alone())
        health.missed(POD)
        await asyncio.sleep(40)
        health.missed(POD)
        health.saw_event(JOB)
        seen = [health.problems()]
        await asyncio.sleep(21)
        seen.append(health.problems())
        health.saw_event(POD)
        return [*seen, health.problems()]

    lag = "the watch of Pod has not delivered for 61 s a change that a list has found"
    assert run_virtual(scenario()) == [[], [lag], []]


def test_a_watch_that_has_nothing_to_bring_is_well() -> None:
    async def scenario() -> tuple[list[str], dict[str, float]]:
        health = Health(Store(), Queue(), Alone())
        health.saw_event(POD)
        await asyncio.sleep(86400)
        return health.problems(), health.watch_lags()

    problems, lags = run_virtual(scenario())
    assert problems == []
    assert lags == {kind.name: 0 for kind in WATCHED}


async def test_the_loops_lag_is_measured() -> None:
    health = Health(Store(), Queue(), Alone())
    beat = asyncio.create_task(health.beat())
    await asyncio.sleep(0)
    time.sleep(1.3)  # noqa: ASYNC251 - blocking the loop is the point
    await asyncio.sleep(0.01)
    beat.cancel()
    assert 0.2 <= health.loop_lag < 1.3


def test_it_is_ready_after_the_first_list_and_once_the_watches_run() -> None:
    async def scenario() -> list[list[str]]:
        store = Store()
        health = Health(store, Queue(), Alone())
        seen = [health.obstacles()]
        for kind in WATCHED:
            store.drop_unlisted(kind, frozenset(), 1)
        seen.append(health.obstacles())
        health.is_watching = True
        return [*seen, health.obstacles()]

    assert run_virtual(scenario()) == [
        ["the first list is not complete", "the watches have not started"],
        ["the watches have not started"],
        [],
    ]


async def answers_of(health: Health, *paths: str) -> list[tuple[int, str]]:
    """What the server says while nothing is in its way."""
    port = free_port()
    server = HealthServer(health, lambda: b"figures", CONTENT_TYPE)
    await server.start(port)
    answers = []
    async with aiohttp.ClientSession() as session:
        for path in paths:
            async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                answers.append((answer.status, await answer.text()))
    await server.stop()
    return answers


async def test_the_server_tells_health_and_figures() -> None:
    health = Health(Store(), Queue(), Alone())
    assert await answers_of(health, "/livez", "/readyz", "/metrics") == [
        (200, "ok\n"),
        (503, "the first list is not complete\nthe watches have not started\n"),
        (200, "figures"),
    ]


async def test_livez_fails_after_the_loop_was_blocked_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("easy_mlops_operator.telemetry.health.MAX_LOOP_LAG_SECONDS", 0.1)
    health = Health(Store(), Queue(), Alone())
    beat = asyncio.create_task(health.beat())
    await asyncio.sleep(0)
    time.sleep(1.5)  # noqa: ASYNC251 - blocking the loop is the point
    await asyncio.sleep(0.01)
    [(status, text)] = await answers_of(health, "/livez")
    beat.cancel()
    assert status == 503
    assert text.startswith("the event loop lags by ")


def test_livez_does_not_respond_while_the_loop_is_blocked() -> None:
    """The kubelet's probe runs into its timeout, which counts as a failure."""
    port, is_blocked, may_go_on = free_port(), threading.Event(), threading.Event()

    async def serve() -> None:
        server = HealthServer(Health(Store(), Queue(), Alone()), lambda: b"", CONTENT_TYPE)
        await server.start(port)
        is_blocked.set()
        may_go_on.wait(10)
        await server.stop()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert is_blocked.wait(10)
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=0.3)
    may_go_on.set()
    thread.join(10)
