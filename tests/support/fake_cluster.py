"""The fake API server in a thread, for operators that are processes: with discovery, and watches that bring nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import yaml
from aiohttp import web
from easy_mlops_operator.controller.kinds import WATCHED, Kind
from fake_api import FakeApi, Object
from operator_process import kubeconfig_for

_KINDS = (*WATCHED, Kind("Namespace", "", "v1", "namespaces"))  # kopf waits until it has found that one
_VERBS = ["get", "list", "watch", "patch"]


@contextmanager
def run_fake_cluster(api: FakeApi) -> Iterator[str]:
    """Serve `api`; its address. The operator learns of changes by lists: let it list often."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, str]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()

        async def answer(request: web.Request) -> web.StreamResponse:
            if (found := _discovery(request.path)) is not None:
                return web.json_response(found)
            if request.query.get("watch") == "true":
                response = web.StreamResponse()
                await response.prepare(request)
                await stop.wait()
                return response
            return await api.answer(request)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        started.set_result((asyncio.get_running_loop(), stop, f"http://127.0.0.1:{runner.addresses[0][1]}"))
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    loop, stop, address = started.result(10)
    try:
        yield address
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def write_kubeconfig(path: Path, address: str) -> Path:
    """A kubeconfig that leads there."""
    path.write_text(yaml.safe_dump(kubeconfig_for(address, "none", None)))
    return path


def _discovery(path: str) -> Object | None:
    """What kinds there are, as far as an operator asks; None when `path` is about something else."""
    if path == "/api":
        return {"versions": ["v1"]}
    if path == "/apis":
        groups = {kind.group: {"groupVersion": kind.api_version, "version": kind.version} for kind in WATCHED}
        groups.pop("")
        return {"groups": [{"name": group, "versions": [v], "preferredVersion": v} for group, v in groups.items()]}
    kinds = [kind for kind in _KINDS if path == f"/{'apis' if kind.group else 'api'}/{kind.api_version}"]
    resources = [
        {"name": k.plural, "singularName": k.name.lower(), "kind": k.name, "namespaced": k in WATCHED, "verbs": _VERBS}
        for k in kinds
    ]
    return {"resources": resources} if kinds else None
