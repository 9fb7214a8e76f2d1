"""A scoring pod runs a tenant's code: whatever it answers must neither harm nor hold up the operator."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import uvloop
from aiohttp import web
from easy_mlops.monitoring.summary import SUMMARY_LIMIT, SUMMARY_PATH, WINDOWS, Summary, Window
from easy_mlops_operator.controller.summary_client import Address, CollectionError, SummaryClient, scoring_address

GOOD = Summary("d" * 64, "1.0.0", {name: Window(requests=3, rows=9) for name in WINDOWS})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def client() -> SummaryClient:
    return SummaryClient(timeout=0.5)


@pytest.fixture
async def pod() -> AsyncIterator[Callable[[Handler], Awaitable[Address]]]:
    """Starts a pod with the given response; its address."""
    runners = []

    async def start(handler: Handler) -> Address:
        app = web.Application()
        app.router.add_get(SUMMARY_PATH, handler)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return Address("127.0.0.1", int(runner.addresses[0][1]))

    yield start
    for runner in runners:
        await runner.cleanup()


def answering(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status, headers=headers)

    return handler


async def endless(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b" " * 8192)


async def dripping(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b" ")
        await asyncio.sleep(0.05)


async def silent(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def hanging_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def test_an_answer_is_read_as_it_is(client: SummaryClient, pod: Any) -> None:
    assert await client.read(await pod(answering(GOOD.encode()))) == GOOD.encode()


async def ask(answer: bytes) -> bytes:
    """What is read from a pod that sends just these bytes and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        return await SummaryClient(timeout=2).read(Address(*server.sockets[0].getsockname()[:2]))


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n{}",
    ],
)
def test_an_answer_is_read_however_its_end_is_marked(run: Any, answer: bytes) -> None:
    assert run(ask(answer)) == b"{}"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
    ],
)
async def test_an_incomplete_response_is_refused(answer: bytes) -> None:
    with pytest.raises(CollectionError) as caught:
        await ask(answer)
    assert caught.value.kind == "unreachable"


async def test_nothing_is_decompressed(client: SummaryClient, pod: Any) -> None:
    small = gzip.compress(b" " * 10_000_000)
    assert await client.read(await pod(answering(small, headers={"Content-Encoding": "gzip"}))) == small


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (answering(b"x" * (SUMMARY_LIMIT + 1)), "too_large"),
        (endless, "too_large"),
        (dripping, "timeout"),
        (silent, "timeout"),
        (hanging_up, "unreachable"),
        (answering(GOOD.encode(), 500), "status"),
        (answering(GOOD.encode(), 204), "status"),
        (answering(GOOD.encode(), headers={"X-Long": "x" * 100_000}), "unreachable"),
    ],
)
async def test_a_hostile_answer_is_refused(client: SummaryClient, pod: Any, handler: Handler, kind: str) -> None:
    with pytest.raises(CollectionError) as caught:
        await client.read(await pod(handler))
    assert caught.value.kind == kind


async def test_a_redirect_is_not_followed(client: SummaryClient, pod: Any) -> None:
    reached = []

    async def secret(_: web.Request) -> web.Response:
        reached.append(True)
        return web.Response(body=GOOD.encode())

    elsewhere = await pod(secret)
    with pytest.raises(CollectionError, match="302"):
        await client.read(await pod(answering(b"", 302, {"Location": f"http://{elsewhere}{SUMMARY_PATH}"})))
    assert not reached


async def test_nobody_listening_is_unreachable(client: SummaryClient) -> None:
    with pytest.raises(CollectionError) as caught:
        await client.read(Address("127.0.0.1", 1))
    assert caught.value.kind == "unreachable"


async def test_at_most_64_requests_are_under_way(pod: Any) -> None:
    now = most = 0

    async def handler(_: web.Request) -> web.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return web.Response(body=GOOD.encode())

    address = await pod(handler)
    client = SummaryClient(timeout=10)
    await asyncio.gather(*(client.read(address) for _ in range(200)))
    assert 32 <= most <= 64


def scoring_pod(**status: Any) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app.kubernetes.io/component": "serving"}},
        "spec": {"containers": [{"ports": [{"containerPort": 9090}]}]},
        "status": {"podIP": "10.1.2.3", "conditions": [{"type": "Ready", "status": "True"}], **status},
    }


def test_a_ready_scoring_pod_is_asked_at_its_own_port() -> None:
    assert scoring_address(scoring_pod()) == Address("10.1.2.3", 9090)
    assert scoring_address(scoring_pod(podIP="fd00::1")) == Address("fd00::1", 9090)
    assert str(Address("fd00::1", 9090)) == "[fd00::1]:9090"


@pytest.mark.parametrize(
    "change",
    [
        lambda pod: pod["status"].update(conditions=[]),
        lambda pod: pod["status"].update(conditions=[{"type": "Ready", "status": "False"}]),
        lambda pod: pod["status"].update(podIP="evil.example/?"),
        lambda pod: pod["status"].pop("podIP"),
        lambda pod: pod["metadata"].update(deletionTimestamp="2026-11-24T10:00:00Z"),
        lambda pod: pod["metadata"].update(labels={"app.kubernetes.io/component": "pipeline"}),
        lambda pod: pod["spec"]["containers"][0].pop("ports"),
    ],
)
def test_other_pods_are_not_asked(change: Callable[[dict[str, Any]], Any]) -> None:
    pod = json.loads(json.dumps(scoring_pod()))
    change(pod)
    assert scoring_address(pod) is None
