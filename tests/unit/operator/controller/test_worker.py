"""A pass: what happens after it succeeded, was refused, failed, or found nothing left to do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from easy_mlops_operator.api.status import Evaluation
from easy_mlops_operator.controller.client import Client
from easy_mlops_operator.controller.event_recorder import EventRecorder
from easy_mlops_operator.controller.executor import Executor
from easy_mlops_operator.controller.expectations import Expectations
from easy_mlops_operator.controller.gather import Gatherer
from easy_mlops_operator.controller.kinds import MODEL_DEPLOYMENT, SERVICE, Key
from easy_mlops_operator.controller.leadership.elector import Alone
from easy_mlops_operator.controller.name_conflicts import NameConflicts
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.summary_cache import SummaryCache
from easy_mlops_operator.controller.worker import Worker
from easy_mlops_operator.controller.workqueue.queue import Queue
from easy_mlops_operator.reconcile import (
    Apply,
    Delete,
    Desired,
    Event,
    Observed,
    Outcome,
    Plan,
    Settings,
    StatusReport,
    plan,
)
from easy_mlops_operator.reconcile.model import Action
from easy_mlops_operator.telemetry.health import Health
from fake_api import FakeApi

KEY = Key("ns", "churn")
NOW = datetime(2026, 11, 24, tzinfo=UTC)
RESOURCE_PATH = "/apis/easymlops.dev/v1alpha1/namespaces/ns/modeldeployments/churn"
SERVICE_PATH = "/api/v1/namespaces/ns/services/churn"


def service() -> dict[str, Any]:
    owner = {"kind": "ModelDeployment", "name": "churn", "uid": "md-1", "controller": True}
    metadata = {"namespace": "ns", "name": "churn", "ownerReferences": [owner]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata}


class Rig:
    """A worker whose actions and reports the test decides."""

    def __init__(self, client: Client) -> None:
        self.actions: Callable[[Observed], tuple[Action, ...]] = lambda observed: ()
        self.report: Callable[[Outcome], StatusReport] = lambda outcome: StatusReport()
        self.observations: list[Observed] = []
        self.observed: list[str] = []
        self.loop = asyncio.get_running_loop()
        self.store, self.queue, self.conflicts = Store(), Queue(), NameConflicts()
        self.summaries = SummaryCache(timedelta(seconds=30))
        expectations = Expectations(self.store, self.loop.time)
        self.shown: list[tuple[Evaluation, ...]] = []
        self.worker = Worker(
            store=self.store,
            queue=self.queue,
            gatherer=Gatherer(client, self.store, self.conflicts, self.summaries, self.clock),
            executor=Executor(client, self.store, expectations, self.conflicts, EventRecorder(client, self.clock)),
            conflicts=self.conflicts,
            summaries=self.summaries,
            plan=self.plan,
            status_of=lambda plan, outcome: self.report(outcome),
            settings=Settings(runtime_image="runtime:1"),
            clock=self.clock,
            monotonic=self.loop.time,
            observe=lambda result, seconds: self.observed.append(result),
            show=lambda key, evaluations: self.shown.append(evaluations),
        )

    def clock(self) -> datetime:
        return NOW

    def plan(self, desired: Desired, observed: Observed, settings: Settings, now: datetime) -> Plan:
        self.observations.append(observed)
        return replace(plan(desired, observed, settings, now), actions=self.actions(observed))

    async def work(self) -> str:
        """Have the resource looked at, as a worker would."""
        self.queue.add([KEY])
        key = await self.queue.get()
        try:
            return await self.worker.work(key)
        finally:
            self.queue.done(key)


@pytest.fixture
async def rig(client: Client, api: FakeApi, resource: dict[str, Any]) -> Rig:
    rig = Rig(client)
    api.objects[RESOURCE_PATH] = resource
    rig.store.put(MODEL_DEPLOYMENT, dict(resource))
    return rig


async def test_a_converged_resource_costs_no_request_and_no_further_pass(rig: Rig, api: FakeApi) -> None:
    assert await rig.work() == "ok"
    assert api.requests == []
    assert rig.queue.depth == 0


async def test_after_a_write_there_is_another_look(rig: Rig, api: FakeApi) -> None:
    rig.actions = lambda observed: () if observed.service else (Apply(service()),)
    assert await rig.work() == "ok"
    assert rig.queue.depth == 1
    await rig.work()
    assert rig.queue.depth == 0
    assert rig.observations[-1].service is not None


async def test_a_resource_that_is_gone_is_forgotten(rig: Rig, resource: dict[str, Any]) -> None:
    rig.conflicts.note(KEY, SERVICE, "churn")
    rig.store.remove(MODEL_DEPLOYMENT, resource)
    assert await rig.work() == "gone"
    assert rig.conflicts.of(KEY) == []
    assert rig.observations == []


async def test_a_resource_that_is_being_deleted_is_left_to_the_garbage_collector(
    rig: Rig, resource: dict[str, Any]
) -> None:
    metadata = {**resource["metadata"], "deletionTimestamp": "2026-11-24T00:00:00Z", "resourceVersion": "11"}
    rig.store.put(MODEL_DEPLOYMENT, {**resource, "metadata": metadata})
    assert await rig.work() == "gone"


async def test_a_failing_api_server_is_tried_again_later(rig: Rig, api: FakeApi) -> None:
    rig.actions = lambda observed: () if observed.service else (Apply(service()),)
    api.fail("PATCH", 500)
    assert await rig.work() == "error"
    key = await asyncio.wait_for(rig.queue.get(), 5)
    assert await rig.worker.work(key) == "ok"
    assert SERVICE_PATH in api.objects


async def test_a_bug_in_a_plan_is_logged_and_tried_again(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    def broken(observed: Observed) -> tuple[Action, ...]:
        raise ZeroDivisionError("a bug")

    rig.actions = broken
    assert await rig.work() == "bug"
    assert "ZeroDivisionError" in caplog.text
    assert await asyncio.wait_for(rig.queue.get(), 5) == KEY


async def test_a_refused_write_is_reported_and_waits_for_half_a_minute(rig: Rig, api: FakeApi) -> None:
    rig.actions = lambda observed: (Apply(service()),)
    rig.report = lambda outcome: StatusReport({"message": outcome.refusals[0].message if outcome.refusals else "made"})
    api.fail("PATCH", 403, "exceeded quota")
    assert await rig.work() == "refused"
    assert api.objects[RESOURCE_PATH]["status"] == {"message": "apply Service/churn: exceeded quota"}
    assert SERVICE_PATH not in api.objects
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(rig.queue.get(), 0.05)


async def test_an_object_with_a_childs_name_is_seen_by_each_pass_until_it_is_gone(rig: Rig, api: FakeApi) -> None:
    rig.actions = lambda observed: () if observed.conflicts or observed.service else (Apply(service()),)
    api.add(SERVICE_PATH, {"kind": "Service", "metadata": {"namespace": "ns", "name": "churn"}})
    assert await rig.work() == "behind"
    assert await rig.work() == "ok"
    theirs = [(item.kind, item.name, item.leaving) for item in rig.observations[-1].conflicts]
    assert theirs == [("Service", "churn", False)]
    del api.objects[SERVICE_PATH]
    assert await rig.work() == "ok"
    assert rig.observations[-1].conflicts == ()
    assert SERVICE_PATH in api.objects


async def test_what_was_written_is_reported_by_the_next_pass(rig: Rig, api: FakeApi) -> None:
    rig.actions = lambda observed: () if observed.service else (Apply(service()),)
    rig.report = lambda outcome: StatusReport({"phase": "Serving"})
    await rig.work()
    assert [path for _, path, _ in api.requests] == [SERVICE_PATH]
    assert rig.queue.depth == 1
    await rig.work()
    assert [path for _, path, _ in api.requests] == [SERVICE_PATH, f"{RESOURCE_PATH}/status"]


async def test_a_pass_that_deletes_reports_itself(rig: Rig, api: FakeApi) -> None:
    """A Job that has ended and is removed: the next pass may not see it any more."""
    gone = Delete("v1", "Service", "ns", "churn", "service-1")
    api.objects[SERVICE_PATH] = {**service(), "metadata": {**service()["metadata"], "uid": "service-1"}}
    rig.actions = lambda observed: (gone,)
    rig.report = lambda outcome: StatusReport({"phase": "Serving"})
    await rig.work()
    assert [(verb, path) for verb, path, _ in api.requests] == [
        ("DELETE", SERVICE_PATH),
        ("PATCH", f"{RESOURCE_PATH}/status"),
    ]


async def test_a_resource_that_each_pass_writes_to_is_still_reported(rig: Rig, api: FakeApi) -> None:
    numbers = iter(range(1000))
    rig.actions = lambda observed: (Apply({**service(), "spec": {"number": next(numbers)}}),)
    rig.report = lambda outcome: StatusReport({"phase": str(next(numbers))})
    for _ in range(7):
        await rig.work()
    assert [path.endswith("/status") for _, path, _ in api.requests] == [*[False] * 6, True, False, True]


async def test_a_write_loop_with_another_controller_is_slowed_down(
    rig: Rig, api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody changes back what we write, each time at once."""
    numbers = iter(range(1000))
    rig.actions = lambda observed: (Apply({**service(), "spec": {"number": next(numbers)}}),)
    for _ in range(11):
        assert await rig.work() == "ok"
    with caplog.at_level(logging.WARNING):
        rig.queue.add([KEY])
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(rig.queue.get(), 0.05)
    assert "each pass writes again" in caplog.text


async def test_each_pass_is_one_line_with_key_generation_and_actions(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.actions = lambda observed: (Apply(service()),)
    rig.report = lambda outcome: StatusReport({"phase": "Serving"})
    with caplog.at_level(logging.INFO):
        await rig.work()
        await rig.work()
    line, written = [record for record in caplog.records if record.message == "reconciled"]
    shown = vars(line)
    assert (shown["key"], shown["generation"], shown["result"]) == ("ns/churn", 1, "ok")
    assert shown["actions"] == ["apply Service/churn"]
    assert vars(written)["actions"] == ["status"]


async def test_a_pass_that_writes_nothing_is_logged_for_debugging_only(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await rig.work()
    assert [record.levelno for record in caplog.records if record.message == "reconciled"] == [logging.DEBUG]


async def test_an_event_is_logged_and_latest_evaluations_are_shown(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    latest = (Evaluation(name="error_rate", layer="system", state="Firing"),)
    event = Event("Warning", "RuleFiring", "error_rate = 0.5 > 0.1")
    rig.report = lambda outcome: StatusReport({"phase": "Serving"}, (event,), latest)
    await rig.work()
    assert rig.shown == [latest]
    [line] = [record for record in caplog.records if record.message == event.message]
    assert (line.levelno, vars(line)["reason"], vars(line)["key"]) == (logging.WARNING, "RuleFiring", "ns/churn")


async def test_a_worker_that_is_stuck_in_a_pass_makes_livez_fail_until_it_goes_on(
    rig: Rig, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("easy_mlops_operator.telemetry.health.MAX_PASS_SECONDS", 0.1)
    health = Health(rig.store, rig.queue, Alone())
    rig.actions = lambda observed: () if observed.service else (Apply(service()),)
    api.held = asyncio.Event()
    running = asyncio.create_task(rig.worker.run())
    rig.queue.add([KEY])
    await asyncio.sleep(0.2)
    assert health.problems() == ["a pass has been running for 0 s"]
    api.held.set()
    async with asyncio.timeout(5):
        while len(rig.observed) < 2:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    assert health.problems() == []
    rig.queue.close()
    await running


async def test_each_pass_is_counted(rig: Rig) -> None:
    await rig.work()
    await rig.work()
    assert rig.observed == ["ok", "ok"]
