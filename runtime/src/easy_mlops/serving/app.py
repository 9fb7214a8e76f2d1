"""`make-mlops-easy serve`: the process that loads a deployment directory, serves it, and shuts down gracefully.

It listens before it loads: the liveness probe succeeds however long loading takes, while the readiness probe fails
until the digest is verified, the model is loaded and one row is scored. At SIGTERM it becomes unready immediately but
still serves, since it takes a while until a cluster stops sending requests; then it stops listening, finishes the
requests in flight, writes the log and exits with 0.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson
import uvloop

from easy_mlops.contract import EXIT_FAILED, EXIT_OK, EXIT_USAGE, LOGS_DIRECTORY, LoadFailure
from easy_mlops.inference.loading import Loaded, LoadError, load
from easy_mlops.logs.layout import now
from easy_mlops.serving.http.limits import Limits
from easy_mlops.serving.http.server import HttpServer
from easy_mlops.serving.metrics import Metrics
from easy_mlops.serving.prediction_log import PredictionLog
from easy_mlops.serving.routes import Routes
from easy_mlops.serving.service import Service
from easy_mlops.serving.settings import ServerSettings, ServerSettingsError
from easy_mlops.termination import write_termination_message

ACCEPTING: Final = 0.8
"""Fraction of the drain time in which new requests are still accepted; the rest is for those in flight."""
FLUSH_SECONDS: Final = 5.0
T = TypeVar("T")


def serve(
    directory: str | Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    digest: str | None = None,
    name: str = "model",
    log_predictions: bool | None = None,
    allow_unverified: bool = False,
    allow_version_mismatch: bool = False,
) -> int:
    """Serve a deployment directory until SIGTERM or SIGINT; returns the exit code.

    `digest` is the SHA-256 that the directory's SHA256SUMS must have; `name` the model's name in paths and answers;
    `port` 0 selects a free port, which the `listening` event reports; `log_predictions` None follows the directory's
    own configuration; `allow_unverified` and `allow_version_mismatch` as for `load_directory`. A directory that
    cannot be served is reported on stderr and in the termination message, and the exit code is 1.
    """
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = ServerSettings.from_environment(os.environ)
    except ServerSettingsError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE

    def load_it() -> Loaded:
        return load(
            directory,
            digest=digest,
            name=name,
            log_predictions=log_predictions,
            allow_unverified=allow_unverified,
            allow_version_mismatch=allow_version_mismatch,
        )

    code: int = uvloop.run(_Process(load_it, settings).run(host, port))
    return code


class _Process:
    def __init__(self, load_it: Callable[[], Loaded], settings: ServerSettings) -> None:
        self._load = load_it
        self._settings = settings
        self._limits = Limits()
        self._signals: asyncio.Queue[signal.Signals] = asyncio.Queue()

    async def run(self, host: str, port: int) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signals.put_nowait, number)
        routes = Routes(Metrics())
        server = routes.server = HttpServer(routes, self._limits)
        try:
            bound = await server.listen(host, port)
        except OSError as error:
            # except for unknown host names, asyncio replaces the system's error message with its own
            reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
            return _failed(LoadFailure("LoadFailed", f"cannot listen on {host}:{port}: {reason}"))
        _event("listening", host=host, port=bound)
        stopped = asyncio.create_task(self._signals.get())
        loading = _in_thread(self._load)
        both: set[asyncio.Future[Any]] = {loading, stopped}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not loading.done():
            loading.cancel()
            await server.close(0)
            _event("stopped", reason="before the model was loaded")
            return EXIT_OK
        try:
            service = self._service(loading.result(), routes)
        except LoadError as error:
            await server.close(0)
            stopped.cancel()
            return _failed(error.failure)
        routes.start(service)
        _event("ready", model=service.model.name, version=service.model.version, digest=service.model.digest)
        await self._drain(server, await stopped)
        await service.batcher.stop(FLUSH_SECONDS)
        await _within(FLUSH_SECONDS, service.log.close)
        _event("stopped", logged=service.log.logged, dropped=service.log.dropped)
        return EXIT_OK

    def _service(self, loaded: Loaded, routes: Routes) -> Service:
        root = loaded.directory / LOGS_DIRECTORY if loaded.log_predictions else None
        log = PredictionLog(root, loaded.schema.names)
        _event("loaded", directory=str(loaded.directory), tier=loaded.model.tier, seconds=round(loaded.seconds, 3))
        if log.fault:
            _event("log_unavailable", level="warning", message=log.fault)
        service = Service(
            loaded.model, loaded.schema, loaded.engine, log, routes.metrics, self._limits, loaded.references
        )
        service.batcher.start()
        gc.collect()
        gc.freeze()  # the model lives as long as the process, so the collector can skip it
        return service

    async def _drain(self, server: HttpServer, number: signal.Signals) -> None:
        """Keep answering for a while, then finish; SIGINT or a second signal skips the wait."""
        seconds = self._settings.drain_seconds
        deadline = time.monotonic() + seconds
        server.drain()
        _event("draining", signal=number.name, seconds=seconds)
        if number == signal.SIGTERM:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._signals.get(), seconds * ACCEPTING)
        if not await server.close(deadline - time.monotonic()):
            _event("cut_off", level="warning", message="requests in flight did not finish in time")


def _in_thread(work: Callable[[], T]) -> asyncio.Future[T]:
    """Run in a daemon thread, which does not block the process from exiting."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def finish(set_outcome: Callable[[Any], None], outcome: Any) -> None:
        if not future.done():
            set_outcome(outcome)

    def run() -> None:
        try:
            outcome, setter = work(), future.set_result
        except BaseException as error:
            outcome, setter = error, future.set_exception  # type: ignore[assignment]
        try:
            loop.call_soon_threadsafe(finish, setter, outcome)
        except RuntimeError:  # the loop is closed, so no task waits
            return

    threading.Thread(target=run, daemon=True).start()
    return future


async def _within(seconds: float, work: Callable[[], object]) -> None:
    await asyncio.wait({_in_thread(work)}, timeout=seconds)


def _failed(failure: LoadFailure) -> int:
    """Report why nothing is served, on stderr and in the termination message."""
    sys.stderr.write(f"{failure.reason}: {failure.message}\n")
    write_termination_message(failure.encode())
    return EXIT_FAILED


def _event(event: str, *, level: str = "info", **fields: object) -> None:
    """Write a process event as a line of JSON on stdout; requests are not logged."""
    try:
        sys.stdout.write(orjson.dumps({"ts": now(), "level": level, "event": event, **fields}).decode() + "\n")
        sys.stdout.flush()
    except OSError:  # stdout is closed; keep serving
        return
