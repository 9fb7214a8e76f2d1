"""Events on resources: the same one is counted up, and nobody can flood the cluster with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from easy_mlops_operator.controller.client import Client
from easy_mlops_operator.controller.event_recorder import BURST, SECONDS_PER_TOKEN, EventRecorder
from easy_mlops_operator.reconcile import Event
from fake_api import FakeApi

COMPLETED = Event("Normal", "Completed", "trained in 12 s")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def recorder(client: Client, clock: Clock) -> EventRecorder:
    return EventRecorder(client, clock)


def events(api: FakeApi) -> list[dict[str, Any]]:
    return [obj for path, obj in api.objects.items() if "/events/" in path]


async def test_an_event_is_about_its_resource(recorder: EventRecorder, api: FakeApi, resource: dict[str, Any]) -> None:
    await recorder.record(resource, COMPLETED)
    [event] = events(api)
    assert event["involvedObject"] == {
        "apiVersion": "easymlops.dev/v1alpha1",
        "kind": "ModelDeployment",
        "namespace": "ns",
        "name": "churn",
        "uid": "md-1",
    }
    assert (event["type"], event["reason"], event["message"]) == ("Normal", "Completed", "trained in 12 s")
    assert (event["count"], event["firstTimestamp"]) == (1, "2026-11-24T10:00:00Z")


async def test_the_same_event_again_is_counted_up(
    recorder: EventRecorder, api: FakeApi, clock: Clock, resource: dict[str, Any]
) -> None:
    await recorder.record(resource, COMPLETED)
    clock.now += timedelta(seconds=5)
    await recorder.record(resource, COMPLETED)
    [event] = events(api)
    assert (event["count"], event["lastTimestamp"]) == (2, "2026-11-24T10:00:05Z")
    assert event["firstTimestamp"] == "2026-11-24T10:00:00Z"


async def test_different_events_are_different_objects(
    recorder: EventRecorder, api: FakeApi, resource: dict[str, Any]
) -> None:
    await recorder.record(resource, COMPLETED)
    await recorder.record(resource, Event("Warning", "RuleFiring", "accuracy 0.7 < 0.8"))
    assert sorted(event["reason"] for event in events(api)) == ["Completed", "RuleFiring"]


async def test_an_event_that_the_server_has_forgotten_is_written_again(
    recorder: EventRecorder, api: FakeApi, resource: dict[str, Any]
) -> None:
    await recorder.record(resource, COMPLETED)
    api.objects.clear()
    await recorder.record(resource, COMPLETED)
    assert [event["count"] for event in events(api)] == [1]


async def test_a_resource_has_a_limited_number_of_events(
    recorder: EventRecorder, api: FakeApi, clock: Clock, resource: dict[str, Any]
) -> None:
    for number in range(BURST + 10):
        await recorder.record(resource, Event("Warning", "Flapping", f"number {number}"))
    assert len(events(api)) == BURST
    clock.now += timedelta(seconds=SECONDS_PER_TOKEN)
    await recorder.record(resource, Event("Warning", "Flapping", "later"))
    assert len(events(api)) == BURST + 1


async def test_another_resource_has_events_of_its_own(
    recorder: EventRecorder, api: FakeApi, resource: dict[str, Any]
) -> None:
    for number in range(BURST + 1):
        await recorder.record(resource, Event("Warning", "Flapping", f"number {number}"))
    other = {**resource, "metadata": {**resource["metadata"], "name": "other", "uid": "md-2"}}
    await recorder.record(other, COMPLETED)
    assert "other" in {event["involvedObject"]["name"] for event in events(api)}


async def test_an_event_that_cannot_be_written_fails_nothing(
    recorder: EventRecorder, api: FakeApi, resource: dict[str, Any]
) -> None:
    api.fail("POST", 403, "namespace is being terminated")
    await recorder.record(resource, COMPLETED)
    assert events(api) == []


async def test_a_long_message_is_cut(recorder: EventRecorder, api: FakeApi, resource: dict[str, Any]) -> None:
    await recorder.record(resource, Event("Warning", "StepFailed", "x" * 5000))
    assert len(events(api)[0]["message"]) == 1024
