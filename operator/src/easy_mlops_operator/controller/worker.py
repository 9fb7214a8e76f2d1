"""One pass over one resource: read, gather, plan, execute, report, and one line of log that says what was done."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal, Protocol

from easy_mlops_operator.api.status import Evaluation
from easy_mlops_operator.controller.client import ApiError
from easy_mlops_operator.controller.executor import Executor
from easy_mlops_operator.controller.gather import Gatherer
from easy_mlops_operator.controller.kinds import Key, Manifest
from easy_mlops_operator.controller.name_conflicts import NameConflicts
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.summary_cache import SummaryCache
from easy_mlops_operator.controller.workqueue.queue import Queue, QueueClosedError
from easy_mlops_operator.controller.write_loops import WriteLoops
from easy_mlops_operator.reconcile import Delete, Desired, Observed, Outcome, Plan, Settings, StatusReport, read

REFUSED_SECONDS: Final = 30.0
"""Shortest delay after the API server refused a write: somebody has to change something first."""
CONFLICT_SECONDS: Final = 10.0
"""How often to look whether an object that no watch shows still has the name of a child."""
_UNREPORTED_PASSES: Final = 5
"""Passes in a row that wrote something, up to which one that writes children leaves the report to the next. That one
comes at once and reports for both; and while many resources are edited, children come before status. More passes in a
row than these may go on for long, and report nevertheless."""
_PATIENT_PASSES: Final = 11
"""After so many failures in a row, some ten seconds, what the API server fails at is reported: a webhook that does not
answer, or a range of addresses that is used up, can last for hours, for which the status would stay as it was."""

Result = Literal["ok", "gone", "behind", "refused", "waiting", "error", "bug"]

_log = logging.getLogger(__name__)


class PlanFunction(Protocol):
    """`easy_mlops_operator.reconcile.plan`."""

    def __call__(self, desired: Desired, observed: Observed, settings: Settings, now: datetime) -> Plan: ...


class Observer(Protocol):
    """Receives the result and the seconds of each pass."""

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
        conflicts: NameConflicts,
        summaries: SummaryCache,
        plan: PlanFunction,
        status_of: Callable[[Plan, Outcome], StatusReport],
        settings: Settings,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        observe: Observer,
        show: Callable[[Key, tuple[Evaluation, ...]], None],
    ) -> None:
        self._store = store
        self._queue = queue
        self._gatherer = gatherer
        self._executor = executor
        self._conflicts = conflicts
        self._summaries = summaries
        self._plan = plan
        self._status_of = status_of
        self._settings = settings
        self._clock = clock
        self._monotonic = monotonic
        self._observe = observe
        self._show = show
        self._write_loops = WriteLoops()

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
                if result == "ok" and not outcome.written:
                    level = logging.DEBUG
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
        desired = read(resource, self._settings)
        observed = await self._gatherer.gather(key, desired)
        plan = self._plan(desired, observed, self._settings, self._clock())
        gives_up = self._queue.failures(key) >= _PATIENT_PASSES
        outcome = await self._executor.execute(resource, plan.actions, gives_up=gives_up)
        report = StatusReport()
        if not self._next_pass_reports(key, plan, outcome):
            report = self._status_of(plan, outcome)
            await self._executor.report(resource, report, outcome)
            self._show(key, report.latest)
            for event in report.events:
                level = logging.WARNING if event.type == "Warning" else logging.INFO
                _log.log(level, event.message, extra={"key": str(key), "reason": event.reason})
        requeue_after = report.requeue_after
        if requeue_after is None and observed.conflicts:
            requeue_after = CONFLICT_SECONDS
        self._requeue(key, resource, requeue_after, outcome)
        return ("ok" if outcome.verdict == "done" else outcome.verdict), outcome

    def _next_pass_reports(self, key: Key, plan: Plan, outcome: Outcome) -> bool:
        """Whether the report is left to the next pass, which comes at once after writes and when this one was behind.

        A pass that deletes reports itself, since the next one may not see any more what it reports about.
        """
        if outcome.verdict == "behind":
            return True
        deletes = any(isinstance(action, Delete) for action in plan.actions)
        wrote = outcome.verdict == "done" and bool(outcome.written)
        return wrote and not deletes and self._write_loops.passes(key) < _UNREPORTED_PASSES

    def _requeue(self, key: Key, resource: Manifest, requeue_after: float | None, outcome: Outcome) -> None:
        if outcome.verdict == "behind":
            self._queue.retry(key)
            return
        if requeue_after is not None:
            self._queue.add_after(key, requeue_after)
        if outcome.verdict == "waiting":
            self._queue.add_after(key, outcome.seconds)
        elif outcome.verdict == "refused":
            self._queue.retry(key, at_least=REFUSED_SECONDS)
        else:
            self._queue.forget_failures(key)
            self._after_writing(key, resource, outcome.written)

    def _after_writing(self, key: Key, resource: Manifest, written: list[str]) -> None:
        """Look at what became of the writes; slow down if each pass writes again."""
        if not written:
            self._write_loops.end(key)
            return
        seconds = self._write_loops.wrote(key, resource["metadata"].get("generation", 0), self._monotonic())
        if seconds > 0:
            _log.warning(
                "each pass writes again", extra={"key": str(key), "written": written, "hold_seconds": round(seconds, 1)}
            )
            self._queue.hold(key, seconds)
        self._queue.add([key])

    def _forget(self, key: Key) -> Result:
        self._queue.forget_failures(key)
        self._write_loops.end(key)
        self._conflicts.drop_all(key)
        self._summaries.drop(key)
        self._show(key, ())
        return "gone"
