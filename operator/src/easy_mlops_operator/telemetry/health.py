"""Whether the operator is alive and ready, and the HTTP server that says so.

`/livez` fails when a restart would help: the event loop hangs, a task has ended that must not, a watch delivers
nothing, or work makes no progress. It does not fail because the API server is unavailable: a restart would only make
that worse.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from aiohttp import web

from easy_mlops_operator.controller.kinds import WATCHED, Kind
from easy_mlops_operator.controller.leadership.elector import Leadership
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.workqueue.queue import Queue

HEARTBEAT_SECONDS: Final = 1.0
MAX_LOOP_LAG_SECONDS: Final = 10.0
MAX_PASS_SECONDS: Final = 300.0
MAX_WAIT_SECONDS: Final = 300.0
MAX_WATCH_LAG_SECONDS: Final = 60.0
"""More than kopf waits after a failure of the API server before it watches again."""


class Health:
    """Watches over the other tasks."""

    def __init__(self, store: Store, queue: Queue, leadership: Leadership) -> None:
        self._loop = asyncio.get_running_loop()
        self._store = store
        self._queue = queue
        self._leadership = leadership
        self._tasks: list[asyncio.Task[None]] = []
        self._events_at: dict[str, float] = {}
        self._missed_at: dict[str, float] = {}
        self._beat_at = self._loop.time()
        self.loop_lag = 0.0
        self.is_watching = False

    @property
    def role(self) -> str:
        """`leading` or `standing by`; both are ready, a standby to take over."""
        return self._leadership.role

    def watch_over(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        """Report a problem when one of these tasks ends."""
        self._tasks.extend(tasks)

    def saw_event(self, kind: Kind) -> None:
        """Record that a watch has delivered an event."""
        self._events_at[kind.name] = self._loop.time()
        self._missed_at.pop(kind.name, None)

    def missed(self, kind: Kind) -> None:
        """Record that a list has found objects that the watch must deliver, and has not delivered yet."""
        self._missed_at.setdefault(kind.name, self._loop.time())

    def watch_ages(self) -> dict[str, float]:
        """Seconds since each watch last delivered an event."""
        return {kind: self._loop.time() - at for kind, at in self._events_at.items()}

    def watch_lags(self) -> dict[str, float]:
        """Seconds since a list found a change that the watch of each kind has not delivered yet; 0 if there is none."""
        now = self._loop.time()
        return {kind.name: now - self._missed_at.get(kind.name, now) for kind in WATCHED}

    async def beat(self) -> None:
        """Measure the event loop's lag until cancelled."""
        while True:
            due = self._loop.time() + HEARTBEAT_SECONDS
            await asyncio.sleep(HEARTBEAT_SECONDS)
            self._beat_at = self._loop.time()
            self.loop_lag = max(0.0, self._beat_at - due)

    def problems(self) -> list[str]:
        """Why a restart would help; empty if the operator is healthy."""
        problems = [f"task {task.get_name()} has ended" for task in self._tasks if task.done()]
        if (loop_lag := self.loop_lag) > MAX_LOOP_LAG_SECONDS:
            problems.append(f"the event loop lags by {loop_lag:.0f} s")
        if (run := self._queue.longest_run()) > MAX_PASS_SECONDS:
            problems.append(f"a pass has been running for {run:.0f} s")
        if (wait := self._queue.longest_wait()) > MAX_WAIT_SECONDS:
            problems.append(f"a resource has been waiting for {wait:.0f} s")
        for kind, lag in self.watch_lags().items():
            if lag > MAX_WATCH_LAG_SECONDS:
                problems.append(f"the watch of {kind} has not delivered for {lag:.0f} s a change that a list has found")
        return problems

    def obstacles(self) -> list[str]:
        """Why the operator cannot do its work yet; empty when it is ready."""
        obstacles = [] if self._store.is_complete else ["the first list is not complete"]
        return obstacles if self.is_watching else [*obstacles, "the watches have not started"]


class HealthServer:
    """Serves `/livez`, `/readyz` and `/metrics` on all addresses of the pod."""

    def __init__(self, health: Health, render_metrics: Callable[[], bytes], content_type: str) -> None:
        self._health = health
        self._render_metrics = render_metrics
        self._content_type = content_type
        app = web.Application()
        app.router.add_get("/livez", self._livez)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)

    async def start(self, port: int) -> None:
        """Listen on `port`."""
        await self._runner.setup()
        await web.TCPSite(self._runner, host=None, port=port).start()

    async def stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _livez(self, _: web.Request) -> web.Response:
        return _answer(self._health.problems(), "ok")

    async def _readyz(self, _: web.Request) -> web.Response:
        return _answer(self._health.obstacles(), f"ok, {self._health.role}")

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=self._render_metrics(), headers={"Content-Type": self._content_type})


def _answer(problems: list[str], ok: str) -> web.Response:
    if problems:
        return web.Response(status=503, text="".join(f"{problem}\n" for problem in problems))
    return web.Response(text=f"{ok}\n")
