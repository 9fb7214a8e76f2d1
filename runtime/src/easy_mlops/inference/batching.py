"""Natural micro-batching: the model gets the rows that queued up while it was busy; no row waits to fill a batch.

One worker thread owns the model. It takes the waiting rows of all requests, up to a limit, scores them in one call
and passes the answers to the event loop with one wake-up. A large request is scored in turns with the others, so it
delays none of them by more than one batch. If a call fails, the failing rows are searched for request by request, and
only the requests that contain them fail.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from easy_mlops.inference.engine import Engine, Outputs
from easy_mlops.inference.errors import Fault, RequestError
from easy_mlops.inference.schema import Row
from easy_mlops.inference.search import predict_around_failures, row_error

MAX_FAILURES: Final = 64
"""Maximum number of failing rows to find in one request; each costs several calls of the model."""
_LOG_INTERVAL: Final = 60.0
_log = logging.getLogger(__name__)


class QueueFullError(Exception):
    """Too many requests wait for the model."""


class Job(Protocol):
    """A request to score. All members except `large` and `deliver` are called in the worker's thread."""

    @property
    def large(self) -> bool:
        """Whether `rows` is slow: the worker reads one such job between two calls of the model."""

    @property
    def abandoned(self) -> bool:
        """Whether the client has disconnected."""

    @property
    def keep_errors(self) -> bool:
        """Whether to return the rows that can be scored even if others fail."""

    def rows(self) -> Sequence[Row]:
        """The rows to score. Raises `RequestError`."""

    def complete(self, outputs: Outputs) -> None:
        """All rows have been scored: prepare the answer. Raises `RequestError`."""

    def fail(self, error: RequestError) -> None:
        """The request cannot be answered: prepare the error."""

    def deliver(self) -> None:
        """Send the prepared answer; called on the event loop."""

    def record(self) -> None:
        """Record the answer, after it was sent."""


class _Progress:
    """The progress of a job."""

    __slots__ = ("cursor", "failures", "job", "outputs", "rows")

    def __init__(self, job: Job, rows: Sequence[Row], probabilistic: bool) -> None:
        self.job = job
        self.rows = rows
        self.cursor = 0
        self.failures = 0
        self.outputs = Outputs([], [] if probabilistic else None)

    @property
    def done(self) -> bool:
        return self.cursor >= len(self.rows)

    def next(self, count: int) -> Sequence[Row]:
        """The rows to score next."""
        return self.rows[self.cursor : self.cursor + count]

    def take(self, part: Outputs) -> None:
        """Add the outputs of the next rows. Raises `RequestError` if they make the request fail."""
        for offset, error in sorted(part.errors.items()):
            row = self.cursor + offset
            if error.fault is Fault.BUG or not self.job.keep_errors:
                raise RequestError(error.fault, error.message, field=error.field, row=row)
            self.outputs.errors[row] = error
        self.outputs.predictions += part.predictions
        if self.outputs.probabilities is not None and part.probabilities is not None:
            self.outputs.probabilities += part.probabilities
        self.cursor += len(part.predictions)


class Batcher:
    """The worker thread and its queue."""

    def __init__(
        self, engine: Engine, *, batch_rows: int, queue_limit: int, on_batch: Callable[[int], None] = lambda rows: None
    ) -> None:
        self._engine = engine
        self._batch_rows = batch_rows
        self._queue_limit = queue_limit
        self._on_batch = on_batch
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._turns: deque[_Progress] = deque()
        self._large: deque[Job] = deque()
        self._sizes: list[int] = []
        self._stopping = False
        self._logged_at = -_LOG_INTERVAL
        self._unlogged = 0
        self._thread = threading.Thread(target=self._work, name="scoring", daemon=True)
        self.waiting = 0
        """Requests that are queued or being scored."""

    def start(self) -> None:
        """Start the worker."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the worker is running."""
        return self._thread.is_alive()

    def submit(self, job: Job) -> None:
        """Queue a job, from the event loop. Raises `QueueFullError`."""
        if self.waiting >= self._queue_limit:
            raise QueueFullError
        self.waiting += 1
        self._queue.put(job)

    async def stop(self, within: float) -> None:
        """Finish what is queued and end the worker; give up after `within` seconds."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join, within)

    # --- the worker's thread

    def _work(self) -> None:
        while True:
            self._gather()
            if self._turns:
                self._score()
            elif self._stopping and not self._large:
                return

    def _gather(self) -> None:
        """Take all queued jobs; block only if there is nothing else to do."""
        while not (self._stopping and self._queue.empty()):
            try:
                job = self._queue.get(block=not self._turns and not self._large)
            except queue.Empty:
                break
            if job is None:
                self._stopping = True
            elif job.large:
                self._large.append(job)
            else:
                self._begin(job)
        if self._large:
            self._begin(self._large.popleft())

    def _begin(self, job: Job) -> None:
        try:
            if not job.abandoned:
                progress = _Progress(job, job.rows(), self._engine.probabilistic)
                if not progress.done:
                    self._turns.append(progress)
                    return
                job.complete(progress.outputs)
        except RequestError as error:
            job.fail(error)
        except Exception:
            job.fail(self._bug())
        self._hand_over([job])

    def _score(self) -> None:
        """One call of the model with the next rows of each job, up to the limit."""
        batch: list[tuple[_Progress, int]] = []
        free = self._batch_rows
        while self._turns and free:
            progress = self._turns.popleft()
            count = min(free, len(progress.rows) - progress.cursor)
            free -= count
            batch.append((progress, count))
        rows = [row for progress, count in batch for row in progress.next(count)]
        self._sizes.append(len(rows))
        try:
            outputs = self._predict(rows)
        except Exception:
            finished = [progress for progress, count in batch if self._advance(progress, count, None)]
        else:
            parts = _split(outputs, [count for _, count in batch])
            finished = [p for (p, count), part in zip(batch, parts, strict=True) if self._advance(p, count, part)]
        if len(finished) < len(batch):
            self._turns.extend(progress for progress, _ in batch if progress not in finished)
        self._hand_over([progress.job for progress in finished])

    def _predict(self, rows: Sequence[Row]) -> Outputs:
        outputs = self._engine.predict(rows)
        if len(outputs.predictions) != len(rows):
            raise RuntimeError(f"the model gave {len(outputs.predictions)} predictions for {len(rows)} rows")
        return outputs

    def _advance(self, progress: _Progress, count: int, part: Outputs | None) -> bool:
        """Add a job's part of a batch, or find its failing rows; returns whether the job is finished."""
        job = progress.job
        try:
            progress.take(self._search(progress, count) if part is None else part)
            if job.abandoned:
                return True
            if not progress.done:
                return False
            job.complete(progress.outputs)
        except RequestError as error:
            job.fail(error)
        except Exception:
            job.fail(self._bug())
        return True

    def _search(self, progress: _Progress, count: int) -> Outputs:
        """Score a job's next rows, isolating those that make the model fail by bisection. Raises `RequestError`."""

        def explain(row: int, error: Exception) -> RequestError:
            progress.failures += 1
            explained = self._explain(error)
            if progress.job.keep_errors and progress.failures > MAX_FAILURES:
                message = f"more than {MAX_FAILURES} rows cannot be scored; this one: {explained.message}"
                raise RequestError(explained.fault, message, row=progress.cursor + row) from error
            return explained

        return predict_around_failures(
            self._predict,
            progress.next(count),
            probabilistic=self._engine.probabilistic,
            explain=explain,
            most=None if progress.job.keep_errors else 1,
        )

    def _explain(self, error: Exception) -> RequestError:
        """The error for the client, who learns what a `ValueError` says about the row's values."""
        if isinstance(error, ValueError | ArithmeticError):
            explained = row_error(error)
            if explained.fault is Fault.UNSCORABLE:
                self._log("the model fails on a row that fits its schema")
            return explained
        return self._bug()

    def _bug(self) -> RequestError:
        """The error for an unexpected exception."""
        self._log("scoring failed")
        return RequestError(Fault.BUG, "the model failed; the server's log has the reason")

    def _log(self, message: str) -> None:
        """Log the present exception with its traceback, at a limited rate, and how many were not logged."""
        now = time.monotonic()
        if now - self._logged_at < _LOG_INTERVAL:
            self._unlogged += 1
            return
        more = f"; {self._unlogged} more since the last one" if self._unlogged else ""
        self._logged_at, self._unlogged = now, 0
        _log.exception("%s%s", message, more)

    def _hand_over(self, jobs: Sequence[Job]) -> None:
        if not jobs:
            return
        sizes, self._sizes = self._sizes, []
        try:
            self._loop.call_soon_threadsafe(self._deliver, jobs, sizes)
        except RuntimeError:  # the loop is closed: there is no client left to answer
            return
        for job in jobs:
            try:
                job.record()
            except Exception:
                self._bug()

    # --- the event loop

    def _deliver(self, jobs: Sequence[Job], sizes: Sequence[int]) -> None:
        for size in sizes:
            self._on_batch(size)
        for job in jobs:
            self.waiting -= 1
            job.deliver()


def _split(outputs: Outputs, counts: Sequence[int]) -> list[Outputs]:
    """The outputs of a batch, split by job."""
    parts: list[Outputs] = []
    start = 0
    for count in counts:
        stop = start + count
        probabilities = None if outputs.probabilities is None else outputs.probabilities[start:stop]
        part = Outputs(outputs.predictions[start:stop], probabilities)
        if outputs.errors:
            part.errors = {row - start: error for row, error in outputs.errors.items() if start <= row < stop}
        parts.append(part)
        start = stop
    return parts
