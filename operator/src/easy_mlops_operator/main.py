"""The operator's process: builds its parts, runs them until SIGTERM, and stops them in order.

If a part ends that must not, the process ends: the kubelet restarts it, and all state is in the API.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import kopf
import uvloop

from easy_mlops_operator.api.labels import OPERATOR
from easy_mlops_operator.controller.client import ApiError, Client
from easy_mlops_operator.controller.collector import Collector
from easy_mlops_operator.controller.event_recorder import EventRecorder
from easy_mlops_operator.controller.executor import Executor
from easy_mlops_operator.controller.expectations import Expectations
from easy_mlops_operator.controller.gather import Gatherer
from easy_mlops_operator.controller.kinds import MODEL_DEPLOYMENT, Kind, is_edited
from easy_mlops_operator.controller.leadership.elector import Alone, Elector, Leadership
from easy_mlops_operator.controller.leadership.runner import LeaderRunner
from easy_mlops_operator.controller.name_conflicts import NameConflicts
from easy_mlops_operator.controller.resync import Resync
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.summary_cache import SummaryCache
from easy_mlops_operator.controller.summary_client import SummaryClient
from easy_mlops_operator.controller.worker import Worker
from easy_mlops_operator.controller.workqueue.queue import Queue
from easy_mlops_operator.handlers import make_registry, make_settings
from easy_mlops_operator.reconcile import plan, status_of
from easy_mlops_operator.settings import OperatorSettings, SettingsError
from easy_mlops_operator.stateless import NoMemories
from easy_mlops_operator.telemetry.health import Health, HealthServer
from easy_mlops_operator.telemetry.logs import set_up_logging
from easy_mlops_operator.telemetry.metrics import CONTENT_TYPE, OperatorMetrics

CRD_SECONDS: Final = 2.0
KOPF_SECONDS: Final = 2.0

_log = logging.getLogger(__name__)


class Operator:
    """All parts of a running operator."""

    def __init__(
        self, settings: OperatorSettings, client: Client, leadership: Leadership, metrics: OperatorMetrics
    ) -> None:
        """Belongs to the running event loop."""
        self._settings = settings
        self._client = client
        self._metrics = metrics
        self.store = Store()
        self.queue = Queue(metrics.waited, others_at_once=max(1, settings.workers // 2))
        self.health = Health(self.store, self.queue, leadership)
        self._resync = Resync(
            client=client,
            store=self.store,
            queue=self.queue,
            namespace=settings.watch_namespace,
            shard=settings.shard,
            interval=settings.resync_seconds,
            observe_missed=self._missed,
        )
        summaries = SummaryCache(timedelta(seconds=settings.reconcile.stale_after))
        self._runner = LeaderRunner(
            leadership=leadership,
            store=self.store,
            queue=self.queue,
            worker=self._make_worker(summaries),
            workers=settings.workers,
            collector=self._make_collector(summaries),
        )
        metrics.watch(self.store, self.queue, self.health)

    def _make_collector(self, summaries: SummaryCache) -> Collector:
        return Collector(
            store=self.store,
            queue=self.queue,
            summaries=summaries,
            client=SummaryClient(),
            clock=_now,
            interval=self._settings.collect_seconds,
            observe=self._metrics.collected,
        )

    def _make_worker(self, summaries: SummaryCache) -> Worker:
        monotonic = asyncio.get_running_loop().time
        conflicts = NameConflicts()
        expectations = Expectations(self.store, monotonic)
        recorder = EventRecorder(self._client, _now)
        return Worker(
            store=self.store,
            queue=self.queue,
            gatherer=Gatherer(self._client, self.store, conflicts, summaries, _now),
            executor=Executor(self._client, self.store, expectations, conflicts, recorder),
            conflicts=conflicts,
            summaries=summaries,
            plan=plan,
            status_of=status_of,
            settings=self._settings.reconcile,
            clock=_now,
            monotonic=monotonic,
            observe=self._metrics.passed,
            show=self._metrics.show,
        )

    def _missed(self, kind: Kind, changes: int, is_due: bool) -> None:
        """A list has found changes that the watches had not delivered."""
        self._metrics.missed(kind, changes)
        if is_due:
            self.health.missed(kind)

    def observe(self, kind: Kind, event: kopf.RawEvent) -> None:
        """Store a watch event and queue the resource that it concerns."""
        self._metrics.watched(kind)
        self.health.saw_event(kind)
        obj: dict[str, Any] = dict(event["object"])
        taken_in = self.store.remove if event["type"] == "DELETED" else self.store.put
        touched = taken_in(kind, obj)
        if kind is not MODEL_DEPLOYMENT:  # children of other shards are watched, too
            touched = frozenset(key for key in touched if self.store.stored(key) is not None)
        if kind is MODEL_DEPLOYMENT and is_edited(obj):
            self.queue.add(touched, "edit")
        else:
            self.queue.add_soon(touched)

    async def run(self, stop: asyncio.Event) -> int:
        """Run until `stop` is set (0) or until something that must not end has ended (1)."""
        heartbeat = _task(self.health.beat(), "heartbeat")
        stopping = _task(stop.wait(), "stop")
        starting = _task(self._start(), "start")
        await asyncio.wait({stopping, starting}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            await _end([starting, heartbeat])
            return 0
        starting.result()
        resync = _task(self._resync.run(), "resync")
        watches = await self._start_watching()
        _on_signals(stop)  # kopf has just taken them for itself
        self.health.is_watching = True
        _log.info("watching", extra={"resources": self.store.count(MODEL_DEPLOYMENT)})
        leading = _task(self._runner.run(), "leader runner")
        self.health.watch_over([heartbeat, resync, leading])
        done, _ = await asyncio.wait(
            {stopping, heartbeat, resync, leading, *watches}, return_when=asyncio.FIRST_COMPLETED
        )
        for task in done - {stopping}:
            error = None if task.cancelled() else task.exception()
            _log.error("task ended", extra={"task": task.get_name()}, exc_info=error)
        self.health.is_watching = False
        await _end([heartbeat, resync, leading])
        await self._runner.end()
        for task in watches:
            task.cancel()
        await asyncio.wait(watches, timeout=KOPF_SECONDS)
        return 0 if stopping in done else 1

    async def _start(self) -> None:
        """Wait for the CRD, then for the first list of everything."""
        while True:
            try:
                if await self._client.serves(MODEL_DEPLOYMENT):
                    await self._resync.list_all()
                    return
                _log.info("waiting for the CRD")
            except ApiError as error:
                _log.warning("waiting for the API server", extra={"error": str(error)})
            await asyncio.sleep(CRD_SECONDS)

    async def _start_watching(self) -> set[asyncio.Task[Any]]:
        """Start kopf. Its tasks never end by themselves; when one does, a watch has died."""
        namespace = self._settings.watch_namespace
        tasks = await kopf.spawn_tasks(
            registry=make_registry(self.observe),
            settings=make_settings(self._settings.shard),
            memories=cast(Any, NoMemories()),
            clusterwide=namespace is None,
            namespaces=[] if namespace is None else [namespace],
            # kopf would make one of the user's name, and a container's numeric user has none.
            identity=cast(Any, OPERATOR),
        )
        return set(tasks)


async def operate(settings: OperatorSettings) -> int:
    """Run an operator with connections of its own; the exit code."""
    stop = asyncio.Event()
    _on_signals(stop)
    metrics = OperatorMetrics()
    async with AsyncExitStack() as stack:
        leadership: Leadership = Alone()
        if settings.election is not None:
            # Connections of its own: a renewal must not wait behind other requests.
            leases = await Client.connect(metrics.requested)
            stack.push_async_callback(leases.close)
            leadership = Elector(leases, settings.election.lease, settings.election.identity, _now)
        client = await Client.connect(metrics.requested, leadership.seconds_left)
        stack.push_async_callback(client.close)
        operator = Operator(settings, client, leadership, metrics)
        server = HealthServer(operator.health, metrics.render, CONTENT_TYPE)
        await server.start(settings.port)
        stack.push_async_callback(server.stop)
        return await operator.run(stop)


def main() -> None:
    """The command `make-mlops-easy-operator`; everything is set by `EASY_MLOPS_*` variables."""
    try:
        settings = OperatorSettings.from_environment(os.environ)
    except SettingsError as error:
        sys.exit(str(error))
    set_up_logging(settings.log_level)
    code = asyncio.Runner(loop_factory=uvloop.new_event_loop).run(operate(settings))
    logging.shutdown()
    # All that is ours is closed. A watch of kopf's that waits for new credentials does not let itself be cancelled,
    # and must not keep a process alive that sees nothing any more.
    os._exit(code)


def _now() -> datetime:
    return datetime.now(UTC)


def _task(work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
    return asyncio.get_running_loop().create_task(work, name=name)


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)


if __name__ == "__main__":
    main()
