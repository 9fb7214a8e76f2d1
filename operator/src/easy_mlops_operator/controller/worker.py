"""One pass over one resource: gather, reconcile, execute, and say in one line what was done."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal, Protocol

from easy_mlops_operator.controller.client import ApiError
from easy_mlops_operator.controller.executor import Executor, Outcome
from easy_mlops_operator.controller.gather import Gatherer
from easy_mlops_operator.controller.kinds import Key, Manifest
from easy_mlops_operator.controller.name_conflicts import NameConflicts
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.summary_cache import SummaryCache
from easy_mlops_operator.controller.workqueue.queue import Queue, QueueClosedError
from easy_mlops_operator.controller.write_loops import WriteLoops
from easy_mlops_operator.reconcile.model import Plan, Settings, Snapshot

REFUSED_SECONDS: Final = 30.0
"""Shortest delay after the API server refused a write: somebody has to change something first."""
FOREIGN_SECONDS: Final = 10.0
"""How often to look whether an object that no watch shows is still in the way."""
_UNTOLD_PASSES: Final = 2
"""So many passes in a row may leave the status to the next one. What they write makes it another one at once, so
that it would be written for nothing; and while many resources are edited, children come before words."""
_PATIENT_PASSES: Final = 11
"""After so many failures in a row, some ten seconds, it is told what the API server fails at: that a webhook does not
answer, or no address is left for a Service, can last for hours, for which the status would stay as it was."""

Result = Literal["ok", "gone", "behind", "refused", "waiting", "error", "bug"]

_log = logging.getLogger(__name__)


class ReconcileFunction(Protocol):
    """`easy_mlops_operator.reconcile.reconcile`."""

    def __call__(self, snapshot: Snapshot, settings: Settings, now: datetime) -> Plan: ...


class Observer(Protocol):
    """Told of each pass: how it ended and its seconds."""

    def __call__(self, result: Result, seconds: float) -> None: ...


class Worker:
    """Works off the queue. Several may run at once: the queue never hands out a key twice at a time."""

    def __init__(
        self,
        *,
        store: Store,
        queue: Queue,
        gatherer: Gatherer,
        executor: Executor,
        foreign: NameConflicts,
        summaries: SummaryCache,
        reconcile: ReconcileFunction,
        settings: Settings,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        observe: Observer,
    ) -> None:
        self._store = store
        self._queue = queue
        self._gatherer = gatherer
        self._executor = executor
        self._foreign = foreign
        self._summaries = summaries
        self._reconcile = reconcile
        self._settings = settings
        self._clock = clock
        self._monotonic = monotonic
        self._observe = observe
        self._quarrels = WriteLoops()
        self._untold: dict[Key, int] = {}

    async def run(self) -> None:
        """Work until the queue is closed."""
        while True:
            try:
                key = await self._queue.get()
            except QueueClosedError:
                return
            try:
                await self.work(key)
            finally:
                self._queue.done(key)

    async def work(self, key: Key) -> Result:
        """One pass. Whatever goes wrong ends in the log, in the metric, and in another try."""
        started = self._monotonic()
        resource = self._store.resource(key)
        line: dict[str, object] = {"key": str(key)}
        level = logging.INFO
        try:
            if resource is None or "deletionTimestamp" in resource["metadata"]:
                result: Result = self._forget(key)
            else:
                line |= {"uid": resource["metadata"]["uid"], "generation": resource["metadata"].get("generation")}
                result, outcome = await self._pass(key, resource)
                line |= {"actions": outcome.written, "detail": outcome.message}
                level = logging.WARNING if result == "refused" else logging.INFO
        except ApiError as error:
            result, level = "error", logging.WARNING
            line |= {"error": str(error), "retry_seconds": round(self._queue.retry(key), 3)}
        except Exception as error:
            result, level = "bug", logging.ERROR
            line |= {"error": repr(error), "retry_seconds": round(self._queue.retry(key), 3)}
            _log.exception("a pass failed", extra=dict(line))
        seconds = self._monotonic() - started
        self._observe(result, seconds)
        _log.log(level, "reconciled", extra={"result": result, "seconds": round(seconds, 4), **line})
        return result

    async def _pass(self, key: Key, resource: Manifest) -> tuple[Result, Outcome]:
        snapshot = await self._gatherer.gather(key, resource)
        now = self._clock()
        plan = self._reconcile(snapshot, self._settings, now)
        self._summaries.looked(key, snapshot.summary_at, now)
        untold = self._untold.pop(key, 0)
        outcome = await self._executor.execute(
            resource,
            plan,
            tells_later=untold < _UNTOLD_PASSES,
            gives_up=self._queue.failures(key) >= _PATIENT_PASSES,
        )
        if outcome.verdict == "done" and not outcome.is_told:
            self._untold[key] = untold + 1
        if outcome.refusal is not None:
            told = self._reconcile(replace(snapshot, refusal=outcome.refusal), self._settings, self._clock())
            await self._executor.tell(resource, told, outcome)
        if snapshot.foreign and plan.requeue_after is None:
            plan = replace(plan, requeue_after=FOREIGN_SECONDS)
        self._plan_next(key, resource, plan, outcome)
        return ("ok" if outcome.verdict == "done" else outcome.verdict), outcome

    def _plan_next(self, key: Key, resource: Manifest, plan: Plan, outcome: Outcome) -> None:
        if outcome.verdict == "behind":
            self._queue.retry(key)
            return
        if plan.requeue_after is not None:
            self._queue.add_after(key, plan.requeue_after)
        if outcome.verdict == "waiting":
            self._queue.add_after(key, outcome.seconds)
        elif outcome.verdict == "refused":
            self._queue.retry(key, at_least=REFUSED_SECONDS)
        else:
            self._queue.forget_failures(key)
            self._after_writing(key, resource, outcome.written)

    def _after_writing(self, key: Key, resource: Manifest, written: list[str]) -> None:
        """See what became of the writes; slow down when each pass writes again."""
        if not written:
            self._quarrels.end(key)
            return
        seconds = self._quarrels.wrote(key, resource["metadata"].get("generation", 0), self._monotonic())
        if seconds > 0:
            _log.warning("each pass writes again", extra={"key": str(key), "hold_seconds": round(seconds, 1)})
            self._queue.hold(key, seconds)
        self._queue.add([key])

    def _forget(self, key: Key) -> Result:
        self._queue.forget_failures(key)
        self._quarrels.end(key)
        self._untold.pop(key, None)
        self._foreign.drop_all(key)
        self._summaries.drop(key)
        return "gone"
