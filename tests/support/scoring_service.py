"""Scoring servers for tests: in a thread of the test's process, or as a process of their own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import uvloop
from easy_mlops.inference.loading import load
from easy_mlops.serving.http.exchange import Exchange
from easy_mlops.serving.http.limits import Limits
from easy_mlops.serving.http.server import HttpServer
from easy_mlops.serving.metrics import Metrics
from easy_mlops.serving.prediction_log import PredictionLog
from easy_mlops.serving.routes import Routes
from easy_mlops.serving.service import Service


@dataclass
class Running:
    """A server in a thread; `call` runs something on its event loop."""

    port: int
    server: HttpServer
    loop: asyncio.AbstractEventLoop
    service: Service | None = None

    def call(self, work: Callable[[], Any]) -> Any:
        done: Future[Any] = Future()
        self.loop.call_soon_threadsafe(lambda: done.set_result(work()))
        return done.result(10)

    def until(self, condition: Callable[[], Any], seconds: float = 10) -> None:
        """Let the event loop run until the condition holds."""
        deadline = time.monotonic() + seconds
        while not self.call(lambda: bool(condition())):  # judged there, since a list may change meanwhile
            assert time.monotonic() < deadline, "the condition never held"


@contextmanager
def http_server(
    make_handler: Callable[[], Callable[[Exchange], None]],
    limits: Limits | None = None,
    service: Callable[[], Service] | None = None,
) -> Iterator[Running]:
    """An HTTP server on a free port; `make_handler` is called on its event loop."""
    started: Future[Running] = Future()
    stop = threading.Event()

    async def main() -> None:
        handler = make_handler()
        server = HttpServer(handler, limits)
        running = Running(await server.listen("127.0.0.1", 0), server, asyncio.get_running_loop())
        if isinstance(handler, Routes):
            handler.server = server
            if service is not None:
                running.service = handler.service = service()
                running.service.batcher.start()
        started.set_result(running)
        await asyncio.to_thread(stop.wait)
        await server.close(5)
        if running.service is not None:
            await running.service.batcher.stop(5)
            running.service.log.close()

    def run() -> None:
        try:
            uvloop.run(main())
        except BaseException as error:
            if not started.done():
                started.set_exception(error)
            raise

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield started.result(60)
    finally:
        stop.set()
        thread.join(20)


@contextmanager
def scoring_server(directory: Path, limits: Limits | None = None, name: str = "model") -> Iterator[Running]:
    """A deployment directory, served in a thread of this process."""
    loaded = load(directory, digest=None, name=name)
    bounds = limits or Limits()
    metrics = Metrics()

    def service() -> Service:
        root = loaded.directory / "logs" if loaded.log_predictions else None
        log = PredictionLog(root, loaded.schema.names)
        return Service(loaded.model, loaded.schema, loaded.engine, log, metrics, bounds, loaded.references)

    with http_server(lambda: Routes(metrics), bounds, service) as running:
        yield running


class ServerProcess:
    """`serve` as a process."""

    def __init__(self, directory: Path, environment: dict[str, str] | None = None, **arguments: Any) -> None:
        call = f"serve({str(directory)!r}, **{ ({'port': 0} | arguments)!r})"
        code = f"import sys; from easy_mlops.serving.app import serve; sys.exit({call})"
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error::ResourceWarning", "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )

    def __enter__(self) -> ServerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def event(self, name: str) -> dict[str, Any]:
        """Read lifecycle lines up to the one with this name."""
        stdout: IO[str] | None = self.process.stdout
        assert stdout is not None
        for line in stdout:
            event: dict[str, Any] = json.loads(line)
            if event["event"] == name:
                return event
        raise AssertionError(f"ended without {name!r}: {self.errors()}")

    def port(self) -> int:
        return int(self.event("listening")["port"])

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self, seconds: float = 60) -> int:
        return self.process.wait(seconds)

    def errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read()
