"""Lists make the store whole again, and failures of the API server are waited out."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from easy_mlops_operator.controller.client import Client
from easy_mlops_operator.controller.kinds import JOB, WATCHED, Key, Kind
from easy_mlops_operator.controller.resync import Resync
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.workqueue.queue import Queue
from fake_api import FakeApi

RESOURCES = "/apis/easymlops.dev/v1alpha1/namespaces/ns/modeldeployments"
JOBS = "/apis/batch/v1/namespaces/ns/jobs"


Missed = dict[Kind, tuple[int, bool]]


def make(client: Client, store: Store, queue: Queue, missed: Missed) -> Resync:
    return Resync(
        client=client,
        store=store,
        queue=queue,
        namespace="ns",
        shard="",
        interval=600,
        observe_missed=lambda kind, changes, is_due: missed.update({kind: (changes, is_due)}),
    )


def job(name: str) -> dict[str, Any]:
    return {"metadata": {"namespace": "ns", "name": name, "labels": {"easymlops.dev/modeldeployment": "churn"}}}


async def test_the_first_list_completes_the_store_and_asks_for_a_look_at_each_resource(
    client: Client, api: FakeApi, resource: dict[str, Any]
) -> None:
    store, queue, missed = Store(), Queue(), Missed()
    api.add(f"{RESOURCES}/churn", resource)
    api.add(f"{JOBS}/churn-1", job("churn-1"))
    await make(client, store, queue, missed).list_all()
    assert store.is_complete
    assert [obj["metadata"]["name"] for obj in store.children(JOB, Key("ns", "churn"))] == ["churn-1"]
    assert await queue.get() == Key("ns", "churn")
    assert missed == {}
    assert api.methods() == ["GET"] * len(WATCHED)


async def test_a_later_list_repairs_and_counts_what_the_watches_missed(
    client: Client, api: FakeApi, resource: dict[str, Any]
) -> None:
    store, queue, missed = Store(), Queue(), Missed()
    resync = make(client, store, queue, missed)
    api.add(f"{RESOURCES}/churn", resource)
    api.add(f"{JOBS}/churn-1", job("churn-1"))
    await resync.list_all()
    del api.objects[f"{JOBS}/churn-1"]
    api.version += 1
    await resync.list_all()
    assert store.children(JOB, Key("ns", "churn")) == ()
    assert missed[JOB] == (1, False)


async def test_what_a_watch_has_still_to_bring_is_distinguished_from_what_it_has_brought(
    client: Client, api: FakeApi, resource: dict[str, Any]
) -> None:
    store, queue, missed = Store(), Queue(), Missed()
    resync = make(client, store, queue, missed)
    api.add(f"{RESOURCES}/churn", resource)
    await resync.list_all()
    made = api.add(f"{JOBS}/churn-1", job("churn-1"))
    await resync.list_all()
    assert missed[JOB] == (1, True)
    store.put(JOB, made)
    await resync.list_all()
    assert missed[JOB] == (0, False)


async def test_a_list_that_failed_is_tried_again_soon(
    client: Client, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("easy_mlops_operator.controller.resync._RETRY_SECONDS", (0.01,))
    monkeypatch.setattr("easy_mlops_operator.controller.resync._PAGE_RETRY_SECONDS", (0.01,))
    store = Store()
    resync = Resync(
        client=client,
        store=store,
        queue=Queue(),
        namespace=None,
        shard="",
        interval=0.05,
        observe_missed=lambda kind, changes, is_due: None,
    )
    api.fail("GET", 503, times=3)
    task = asyncio.create_task(resync.run())
    async with asyncio.timeout(5):
        while not store.is_complete:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    task.cancel()
    assert [code for _, code in api.counted][:4] == ["503", "503", "503", "200"]
