"""A restart is asked for when it would help, and only then; figures are there to be scraped."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest
from easy_mlops_operator.controller.elector import Alone
from easy_mlops_operator.controller.kinds import MODEL_DEPLOYMENT, POD, WATCHED, Key
from easy_mlops_operator.controller.queue import Queue
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.health import Health, HealthServer
from easy_mlops_operator.metrics import CONTENT_TYPE, Metrics
from operator_process import free_port
from virtual_time import run_virtual

KEY = Key("ns", "churn")


async def nothing() -> None:
    return


def test_all_is_well_while_nothing_hangs() -> None:
    async def scenario() -> list[str]:
        return Health(Store(), Queue(), Alone()).ailments()

    assert run_virtual(scenario()) == []


def test_a_task_that_has_ended_is_an_ailment() -> None:
    async def scenario() -> list[str]:
        health = Health(Store(), Queue(), Alone())
        task = asyncio.create_task(nothing(), name="evaluator")
        health.watch_over([task])
        await task
        return health.ailments()

    assert run_virtual(scenario()) == ["task evaluator has ended"]


def test_a_pass_that_hangs_is_an_ailment() -> None:
    async def scenario() -> list[str]:
        queue = Queue()
        health = Health(Store(), queue, Alone())
        queue.add([KEY])
        await queue.get()
        await asyncio.sleep(301)
        return health.ailments()

    assert run_virtual(scenario()) == ["a pass has been running for 301 s"]


def test_work_that_does_not_move_is_an_ailment() -> None:
    async def scenario() -> list[str]:
        queue = Queue()
        health = Health(Store(), queue, Alone())
        queue.add([KEY])
        await asyncio.sleep(301)
        return health.ailments()

    assert run_virtual(scenario()) == ["a resource has been waiting for 301 s"]


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
            store.replace(kind, [], 1)
        seen.append(health.obstacles())
        health.is_watching = True
        return [*seen, health.obstacles()]

    assert run_virtual(scenario()) == [
        ["the first list is not complete", "the watches have not started"],
        ["the watches have not started"],
        [],
    ]


@pytest.fixture
def evaluated() -> dict[str, Any]:
    rule = {"layer": "system", "op": ">", "threshold": "0.1"}
    return {
        "metadata": {"namespace": "ns", "name": "churn", "uid": "u", "resourceVersion": "1"},
        "status": {
            "phase": "Serving",
            "evaluations": [
                {"name": "error_rate", "state": "Firing", "value": "0.5", **rule},
                {"name": "null_rate", "state": "NoData", **rule},
            ],
        },
    }


async def test_the_server_tells_health_and_figures(evaluated: dict[str, Any]) -> None:
    store, queue, metrics = Store(), Queue(), Metrics()
    health = Health(store, queue, Alone())
    metrics.watch(store, queue, health)
    store.put(MODEL_DEPLOYMENT, evaluated)
    metrics.requested("apply", "201")
    metrics.passed("ok", 0.01)
    health.saw_event(POD)
    port = free_port()
    server = HealthServer(health, metrics.render, CONTENT_TYPE)
    await server.start(port)
    answers = {}
    async with aiohttp.ClientSession() as session:
        for path in ("/livez", "/readyz", "/metrics"):
            async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                answers[path] = (answer.status, await answer.text())
    await server.stop()
    assert answers["/livez"] == (200, "ok\n")
    assert answers["/readyz"] == (503, "the first list is not complete\nthe watches have not started\n")
    lines = answers["/metrics"][1].splitlines()
    for line in (
        'easymlops_api_requests_total{code="201",verb="apply"} 1.0',
        'easymlops_reconcile_total{result="ok"} 1.0',
        'easymlops_rule_value{name="churn",namespace="ns",rule="error_rate"} 0.5',
        'easymlops_rule_threshold{name="churn",namespace="ns",rule="error_rate"} 0.1',
        'easymlops_rule_firing{name="churn",namespace="ns",rule="error_rate"} 1.0',
        'easymlops_rule_firing{name="churn",namespace="ns",rule="null_rate"} 0.0',
        'easymlops_resources{phase="Serving"} 1.0',
        "easymlops_leader 1.0",
        "easymlops_queue_depth 0.0",
    ):
        assert line in lines
    assert any(line.startswith('easymlops_watch_age_seconds{kind="Pod"}') for line in lines)
