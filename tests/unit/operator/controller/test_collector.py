"""Figures of the scoring pods: merged, kept fresh, and a reason for a pass only when they are news."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from easy_mlops.monitoring.summary import SUMMARY_PATH, WINDOWS, Summary, Window
from easy_mlops_operator.controller.collector import QUIET_ROUNDS, SLOTS, Collector, slot_of
from easy_mlops_operator.controller.kinds import MODEL_DEPLOYMENT, POD, Key
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.summary_cache import SummaryCache
from easy_mlops_operator.controller.summary_client import Address, CollectionError, SummaryClient
from easy_mlops_operator.controller.workqueue.queue import Queue
from virtual_time import run_virtual

KEY = Key("ns", "churn")
DIGEST = "d" * 64


def summary(requests: int, digest: str = DIGEST) -> Summary:
    return Summary(digest, "1.0.0", {name: Window(requests=requests) for name in WINDOWS})


def resource(name: str = "churn", uid: str = "md-1") -> dict[str, Any]:
    return {"metadata": {"namespace": "ns", "name": name, "uid": uid, "resourceVersion": "1"}}


def pod(name: str, port: int, owner: str = "churn") -> dict[str, Any]:
    labels = {"easymlops.dev/modeldeployment": owner, "app.kubernetes.io/component": "serving"}
    return {
        "metadata": {"namespace": "ns", "name": name, "resourceVersion": "1", "labels": labels},
        "spec": {"containers": [{"ports": [{"containerPort": port}]}]},
        "status": {"podIP": "127.0.0.1", "conditions": [{"type": "Ready", "status": "True"}]},
    }


class Rig:
    """A collector with pods that answer what `bodies` contains for their port."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, tzinfo=UTC)
        self.store = Store()
        self.store.put(MODEL_DEPLOYMENT, resource())
        self.queue = Queue()
        self.summaries = SummaryCache(timedelta(seconds=30))
        self.client = SummaryClient(timeout=0.5)
        self.counted: list[str] = []
        self.collector = Collector(
            store=self.store,
            queue=self.queue,
            summaries=self.summaries,
            client=self.client,
            clock=lambda: self.now,
            interval=10.0,
            observe=self.counted.append,
        )
        self.bodies: dict[int, bytes] = {}
        self.runners: list[web.AppRunner] = []

    async def start_pod(self, name: str, body: bytes) -> int:
        async def handler(_: web.Request) -> web.Response:
            return web.Response(body=self.bodies[port])

        app = web.Application()
        app.router.add_get(SUMMARY_PATH, handler)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        self.runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = int(runner.addresses[0][1])
        self.bodies[port] = body
        self.store.put(POD, pod(name, port))
        return port

    async def close(self) -> None:
        for runner in self.runners:
            await runner.cleanup()


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    rig = Rig()
    yield rig
    await rig.close()


def merged_requests(rig: Rig, digest: str = DIGEST) -> int | None:
    collected = rig.summaries.of(KEY, digest)
    summary = collected.summary() if collected else None
    return summary.windows["1m"].requests if summary else None


async def looks_asked_for(rig: Rig, seconds: float) -> int:
    """Collect after so many seconds; how many looks were asked for."""
    rig.now += timedelta(seconds=seconds)
    await rig.collector.collect(KEY)
    asked = rig.queue.depth
    for _ in range(asked):
        rig.queue.done(await rig.queue.get())
    return asked


async def test_the_figures_of_all_pods_are_added(rig: Rig) -> None:
    await rig.start_pod("one", summary(3).encode())
    await rig.start_pod("two", summary(4).encode())
    await rig.collector.collect(KEY)
    assert merged_requests(rig) == 7
    assert rig.queue.depth == 1


async def test_a_pod_that_took_the_place_of_another_is_asked(rig: Rig) -> None:
    port = await rig.start_pod("one", summary(3).encode())
    await rig.collector.collect(KEY)
    rig.store.remove(POD, pod("one", port))
    await rig.start_pod("two", summary(4).encode())
    await rig.collector.collect(KEY)
    assert merged_requests(rig) == 4


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"\xff\xfe",
        b"[" * 60_000,
        b"9" * 60_000,
        b"{}",
        summary(3).encode().replace(b'"requests":3', b'"requests":1e999'),
        summary(3).encode().replace(b'"requests":3', b'"requests":-1'),
        gzip.compress(summary(3).encode()),
    ],
)
async def test_a_hostile_pod_is_counted_each_time_and_the_others_go_on(rig: Rig, hostile: bytes) -> None:
    await rig.start_pod("good", summary(3).encode())
    await rig.start_pod("bad", hostile)
    await rig.collector.collect(KEY)
    await rig.collector.collect(KEY)
    assert merged_requests(rig) == 3
    assert sorted(rig.counted) == ["malformed", "malformed", "ok", "ok"]


async def test_an_unchanged_message_is_not_decoded_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    await rig.start_pod("one", summary(3).encode())
    await rig.start_pod("two", summary(4).encode())
    await rig.collector.collect(KEY)
    monkeypatch.setattr(Summary, "decode", None)
    assert await looks_asked_for(rig, 10) == 1  # the first collection's
    assert await looks_asked_for(rig, 20) == 0
    collected = rig.summaries.of(KEY, DIGEST)
    assert collected is not None
    assert collected.at == rig.now
    assert rig.counted == ["ok"] * 6


async def test_pods_of_different_revisions_are_distinguished(rig: Rig) -> None:
    await rig.start_pod("old", summary(3).encode())
    await rig.start_pod("new", summary(5, digest="e" * 64).encode())
    await rig.collector.collect(KEY)
    assert (merged_requests(rig), merged_requests(rig, "e" * 64)) == (3, 5)


async def test_the_same_figures_again_are_no_news(rig: Rig) -> None:
    await rig.start_pod("one", summary(3).encode())
    await rig.collector.collect(KEY)
    rig.queue.done(await rig.queue.get())
    rig.now += timedelta(seconds=10)
    await rig.collector.collect(KEY)
    assert rig.queue.depth == 0
    collected = rig.summaries.of(KEY, DIGEST)
    assert collected is not None
    assert collected.at == rig.now


async def test_figures_that_were_stale_are_news_when_the_pods_say_the_same_again(rig: Rig) -> None:
    """They are asked late, as on a busy machine: a pass in between has seen stale figures."""
    await rig.start_pod("one", summary(3).encode())
    assert await looks_asked_for(rig, 0) == 1
    assert await looks_asked_for(rig, 20) == 0
    assert await looks_asked_for(rig, 35) == 1
    assert await looks_asked_for(rig, 10) == 0


async def test_figures_go_stale_once_however_often_pods_do_not_answer(rig: Rig) -> None:
    """News is that pods do not answer, that their figures are too old, and that they have not answered for too long."""
    port = await rig.start_pod("one", summary(3).encode())
    assert await looks_asked_for(rig, 0) == 1
    rig.bodies[port] = b"broken"
    assert [await looks_asked_for(rig, 20) for _ in range(6)] == [1, 1, 1, 0, 0, 0]


async def test_figures_that_went_stale_are_news(rig: Rig) -> None:
    port = await rig.start_pod("one", summary(3).encode())
    await rig.collector.collect(KEY)
    rig.queue.done(await rig.queue.get())
    rig.bodies[port] = b"broken"
    unanswered = await looks_asked_for(rig, seconds=30)
    assert unanswered == 1  # that is news, though the figures of before still stand
    assert await looks_asked_for(rig, seconds=1) == 1
    collected = rig.summaries.of(KEY, DIGEST)
    assert collected is not None
    assert rig.now - collected.at == timedelta(seconds=31)
    assert merged_requests(rig) == 3


async def test_pods_that_never_answer_are_reported_once_at_first_and_once_when_it_lasts(rig: Rig) -> None:
    await rig.start_pod("one", b"broken")
    looks = [await looks_asked_for(rig, seconds=10) for _ in range(6)]
    assert looks == [1, 0, 0, 0, 1, 0]
    collected = rig.summaries.of(KEY, DIGEST)
    assert collected is not None
    assert (collected.summary(), rig.now - collected.at) == (None, timedelta(seconds=50))


async def test_before_anybody_was_asked_nothing_is_known(rig: Rig) -> None:
    assert await looks_asked_for(rig, seconds=10) == 0
    assert rig.summaries.of(KEY, DIGEST) is None


async def test_nothing_is_stored_for_a_deleted_resource(rig: Rig) -> None:
    await rig.start_pod("one", summary(3).encode())
    await rig.collector.collect(KEY)
    rig.store.remove(MODEL_DEPLOYMENT, resource())
    await rig.collector.collect(KEY)
    assert rig.summaries.of(KEY, DIGEST) is None


async def test_the_pods_of_a_resource_that_is_gone_are_not_remembered(rig: Rig) -> None:
    await rig.start_pod("one", summary(3).encode())
    await rig.collector.collect(KEY)
    assert list(rig.collector._pods) == [KEY]
    rig.store.remove(MODEL_DEPLOYMENT, resource())
    rig.collector._due(SLOTS)
    assert rig.collector._pods == {}


class HangingClient(SummaryClient):
    """Pods at port 1 never answer, at port 2 not after 100 s, at port 3 something else then; all others the same."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, int]] = []

    async def read(self, address: Address) -> bytes:
        now = asyncio.get_running_loop().time()
        self.asked.append((now, address.port))
        if address.port == 1:
            await asyncio.sleep(1000)
            raise CollectionError("timeout", "")
        if address.port == 2 and now > 100:
            raise CollectionError("unreachable", "")
        return summary(int(now) if address.port == 3 and now > 100 else 1).encode()


def run_for(seconds: float, resources: int, port_of: Callable[[int], int]) -> list[tuple[float, int]]:
    """Run a collector on so many resources; when it asked whom."""

    async def scenario() -> list[tuple[float, int]]:
        store, client = Store(), HangingClient()
        for number in range(resources):
            store.put(MODEL_DEPLOYMENT, resource(f"r{number}", f"uid-{number}"))
            store.put(POD, pod(f"p{number}", port_of(number), f"r{number}"))
        collector = Collector(
            store=store,
            queue=Queue(),
            summaries=SummaryCache(timedelta(seconds=30)),
            client=client,
            clock=lambda: datetime(2026, 11, 24, tzinfo=UTC),
            interval=10.0,
            observe=lambda result: None,
        )
        task = asyncio.create_task(collector.run())
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return client.asked

    return run_virtual(scenario())


def test_each_resource_is_asked_once_an_interval_at_a_moment_of_its_own() -> None:
    asked = run_for(29.9, 200, lambda number: 2000 + number)
    assert len(asked) == 3 * 200
    moments = {round(at % 10, 3) for at, _ in asked}
    assert len(moments) == SLOTS


def test_pods_that_say_the_same_for_a_minute_are_asked_every_second_time() -> None:
    turns = [int(at // 10) for at, _ in run_for(199.9, 1, lambda number: 2000)]
    assert turns == [*range(QUIET_ROUNDS + 1), *range(QUIET_ROUNDS + 2, 20, 2)]


@pytest.mark.parametrize("port", [2, 3])
def test_pods_that_fall_silent_or_say_something_else_are_asked_each_time_again(port: int) -> None:
    turns = [int(at // 10) for at, _ in run_for(199.9, 1, lambda number: port)]
    assert turns == [*range(QUIET_ROUNDS + 1), 8, *range(10, 20)]


async def test_pods_that_have_changed_are_asked_at_the_next_turn(rig: Rig) -> None:
    port = await rig.start_pod("one", summary(3).encode())
    odd = SLOTS + slot_of("md-1")
    for _ in range(QUIET_ROUNDS + 1):
        await rig.collector.collect(KEY)
    assert rig.collector._due(odd) == []
    rig.store.put(POD, pod("two", port))
    assert rig.collector._due(odd) == [KEY]


def test_a_pod_that_hangs_delays_nobody_else() -> None:
    asked = run_for(29.9, 40, lambda number: 1 if number % 2 else 2000 + number)
    assert len([port for _, port in asked if port != 1]) == 3 * 20
    assert len([port for _, port in asked if port == 1]) == 20


def test_the_moment_depends_on_the_uid_only() -> None:
    assert slot_of("3f0c") == slot_of("3f0c")
    assert {slot_of(f"uid-{number}") for number in range(500)} == set(range(SLOTS))
