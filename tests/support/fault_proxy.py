"""A proxy in front of the API server that fails requests on purpose, and remembers those that went through it."""

from __future__ import annotations

import asyncio
import base64
import logging
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Queue

import aiohttp
from aiohttp import web

Judge = Callable[[str, str], int]
"""Method and path with query → status to fail the request with; 0 lets it through, `HOLD` answers never, `RESET` breaks
the connection off."""
Disturb = Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]]
"""The lines of a watch, one an event → what the operator gets to see of them."""

HOLD = -1
RESET = -2

_SILENT = logging.Logger("fault proxy")  # an operator that is killed in the middle of an answer is no news
_SILENT.addHandler(logging.NullHandler())
_HOP_BY_HOP = {"connection", "host", "transfer-encoding", "content-length", "keep-alive"}


@dataclass
class FaultProxy:
    """Address of the proxy; `judge` may be exchanged at any time."""

    server: str
    authority: str
    judge: Judge = lambda method, path: 0
    disturb: Disturb | None = None
    url: str = ""
    seen: list[tuple[float, str, str, int]] = field(default_factory=list)

    def writes(self) -> list[tuple[float, str, str, int]]:
        """Time, method, path and status of the requests that change something."""
        return [request for request in self.seen if request[1] in {"POST", "PUT", "PATCH", "DELETE"}]

    async def serve(self, started: Callable[[asyncio.AbstractEventLoop, asyncio.Event], None]) -> None:
        """Serve until the event that is passed to `started` is set."""
        stop = asyncio.Event()
        context = ssl.create_default_context(cadata=base64.b64decode(self.authority).decode())
        connector = aiohttp.TCPConnector(ssl=context, limit=0)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:

            async def forward(request: web.Request) -> web.StreamResponse:
                return await self._forward(session, request)

            app = web.Application(client_max_size=2**24)
            app.router.add_route("*", "/{path:.*}", forward)
            runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None, logger=_SILENT)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            started(asyncio.get_running_loop(), stop)
            await stop.wait()
            await runner.cleanup()
        await asyncio.sleep(0.25)  # aiohttp closes TLS connections only in later turns of the loop

    async def _forward(self, session: aiohttp.ClientSession, request: web.Request) -> web.StreamResponse:
        now = asyncio.get_running_loop().time()
        status = self.judge(request.method, request.path_qs)
        if status == HOLD:
            await asyncio.Event().wait()
        if status:
            self.seen.append((now, request.method, request.path, status))
            if status == RESET and request.transport is not None:
                request.transport.abort()
                return web.Response()  # to nobody
            return web.json_response({"kind": "Status", "message": "injected", "code": status}, status=status)
        headers = {key: value for key, value in request.headers.items() if key.lower() not in _HOP_BY_HOP}
        url = f"{self.server}{request.path_qs}"
        timeout = aiohttp.ClientTimeout(total=None)
        data = await request.read() or None
        async with session.request(
            request.method, url, headers=headers, data=data, timeout=timeout, skip_auto_headers=["Content-Type"]
        ) as answer:
            self.seen.append((now, request.method, request.path, answer.status))
            forwarded = {key: value for key, value in answer.headers.items() if key.lower() not in _HOP_BY_HOP}
            response = web.StreamResponse(status=answer.status, headers=forwarded)
            await response.prepare(request)
            is_watch = "watch=true" in request.query_string
            chunks = answer.content.iter_any()
            async for chunk in self.disturb(lines(chunks)) if is_watch and self.disturb else chunks:
                await response.write(chunk)
            await response.write_eof()
            return response


async def lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The whole lines of a stream that comes in pieces."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line + b"\n"


@contextmanager
def run_proxy(server: str, authority: str) -> Iterator[FaultProxy]:
    """A proxy in a thread of its own."""
    proxy = FaultProxy(server, authority)
    running: Queue[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Queue()
    work = proxy.serve(lambda loop, stop: running.put((loop, stop)))
    thread = threading.Thread(target=asyncio.run, args=(work,))
    thread.start()
    loop, stop = running.get(timeout=10)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
