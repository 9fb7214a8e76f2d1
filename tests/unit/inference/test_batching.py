"""How rows of many requests share calls of the model."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest
from easy_mlops.inference.batching import MAX_FAILURES, Batcher, QueueFullError
from easy_mlops.inference.engine import Datatype, Outputs
from easy_mlops.inference.errors import Fault, RequestError
from easy_mlops.inference.schema import Row


class Doubler:
    """Doubles the first cell of a row; a text is a row at fault, None a bug. Waits while `gate` is closed."""

    tier = "T3"
    classes: list[Any] | None = None
    probabilistic = True
    datatype: Datatype = "FP64"

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.busy = threading.Event()

    def predict(self, rows: Sequence[Row]) -> Outputs:
        self.calls.append(len(rows))
        self.busy.set()
        self.gate.wait(10)
        doubled = [self._double(row[0]) for row in rows]
        return Outputs(doubled, [[value, 0.0] for value in doubled])

    @staticmethod
    def _double(cell: Any) -> float:
        if cell is None:
            raise AttributeError("a bug")
        return float(cell) * 2  # of a text: ValueError


class Request:
    """A job whose rows are given."""

    finished: ClassVar[list[Request]] = []

    def __init__(self, *cells: Any, keep_errors: bool = False, large: bool = False) -> None:
        self.cells = cells
        self.keep_errors = keep_errors
        self.large = large
        self.abandoned = False
        self.outputs: Outputs | None = None
        self.error: RequestError | None = None
        self.recorded = 0
        self.done = asyncio.Event()

    def rows(self) -> Sequence[Row]:
        if self.cells == ("unreadable",):
            raise RequestError(Fault.MALFORMED, "unreadable")
        return [(cell,) for cell in self.cells]

    def complete(self, outputs: Outputs) -> None:
        self.outputs = outputs
        self.finished_after = len(self.finished)
        self.finished.append(self)

    def fail(self, error: RequestError) -> None:
        self.error = error

    def deliver(self) -> None:
        self.done.set()

    def record(self) -> None:
        self.recorded += 1


@asynccontextmanager
async def batching(
    engine: Doubler, batch_rows: int = 100, queue_limit: int = 100, on_batch: Callable[[int], None] = lambda rows: None
) -> AsyncIterator[Batcher]:
    batcher = Batcher(engine, batch_rows=batch_rows, queue_limit=queue_limit, on_batch=on_batch)
    batcher.start()
    try:
        yield batcher
    finally:
        engine.gate.set()
        await batcher.stop(10)
    assert not batcher.alive


async def run(batcher: Batcher, *requests: Request) -> None:
    for request in requests:
        batcher.submit(request)
    async with asyncio.timeout(10):
        for request in requests:
            await request.done.wait()


async def held(engine: Doubler, batcher: Batcher) -> Request:
    """A request that keeps the model busy until the gate opens."""
    engine.gate.clear()
    first = Request(0)
    batcher.submit(first)
    await asyncio.to_thread(engine.busy.wait, 10)
    return first


async def test_what_queues_up_during_a_call_is_the_next_call() -> None:
    engine = Doubler()
    sizes: list[int] = []
    async with batching(engine, on_batch=sizes.append) as batcher:
        await held(engine, batcher)
        requests = [Request(i, i + 0.5) for i in range(10)]
        for request in requests:
            batcher.submit(request)
        assert batcher.waiting == 11
        engine.gate.set()
        await asyncio.gather(*(request.done.wait() for request in requests))
        assert batcher.waiting == 0
    assert engine.calls == sizes == [1, 20]
    for i, request in enumerate(requests):
        assert request.outputs == Outputs([i * 2, i * 2 + 1], [[i * 2, 0], [i * 2 + 1, 0]])
        assert request.recorded == 1


async def test_a_lone_request_waits_for_no_company() -> None:
    engine = Doubler()
    async with batching(engine) as batcher:
        for i in range(5):
            await run(batcher, Request(i))
    assert engine.calls == [1] * 5


async def test_a_large_request_takes_turns_with_small_ones() -> None:
    engine = Doubler()
    async with batching(engine, batch_rows=10) as batcher:
        await held(engine, batcher)
        large, small = Request(*range(95)), Request(7)
        batcher.submit(large)
        batcher.submit(small)
        engine.gate.set()
        await asyncio.gather(large.done.wait(), small.done.wait())
    assert small.finished_after < large.finished_after
    assert max(engine.calls) == 10
    assert large.outputs is not None
    assert large.outputs.predictions == [2.0 * i for i in range(95)]
    assert large.outputs.probabilities is not None
    assert len(large.outputs.probabilities) == 95


async def test_a_bad_row_fails_its_own_request_only() -> None:
    engine = Doubler()
    async with batching(engine) as batcher:
        await held(engine, batcher)
        good, bad, other = Request(1, 2), Request(3, "x", 4, "y"), Request(5)
        for request in (good, bad, other):
            batcher.submit(request)
        engine.gate.set()
        await asyncio.gather(*(request.done.wait() for request in (good, bad, other)))
    assert good.outputs is not None
    assert good.outputs.predictions == [2, 4]
    assert other.outputs is not None
    assert bad.outputs is None
    assert bad.error is not None
    assert (bad.error.fault, bad.error.row) == (Fault.UNSCORABLE, 1)
    assert "could not convert" in bad.error.message


async def test_rows_at_fault_are_null_and_all_others_scored_when_errors_are_kept() -> None:
    engine = Doubler()
    cells = [i if i % 40 else f"bad {i}" for i in range(200)]
    request = Request(*cells, keep_errors=True)
    async with batching(engine, batch_rows=64) as batcher:
        await run(batcher, request)
    assert request.outputs is not None
    assert request.outputs.predictions == [None if i % 40 == 0 else 2.0 * i for i in range(200)]
    assert sorted(request.outputs.errors) == [0, 40, 80, 120, 160]


async def test_too_many_rows_at_fault_end_the_search_and_fail_the_request() -> None:
    engine = Doubler()
    request = Request(*["x"] * 1000, keep_errors=True)
    async with batching(engine) as batcher:
        await run(batcher, request)
    assert request.error is not None
    assert request.error.fault is Fault.UNSCORABLE
    assert f"more than {MAX_FAILURES} rows" in request.error.message
    assert len(engine.calls) < 10 * MAX_FAILURES


async def test_a_bug_in_the_model_fails_the_request_even_when_errors_are_kept(caplog: pytest.LogCaptureFixture) -> None:
    engine = Doubler()
    async with batching(engine) as batcher:
        request, good = Request(1, None, keep_errors=True), Request(2)
        await run(batcher, request, good)
    assert request.error is not None
    assert (request.error.fault, request.error.row) == (Fault.BUG, 1)
    assert good.outputs is not None
    assert caplog.text.count("a bug") == caplog.text.count("AttributeError")


async def test_a_model_that_leaves_a_row_out_mixes_up_no_answers() -> None:
    class Forgetful(Doubler):
        def predict(self, rows: Sequence[Row]) -> Outputs:
            return super().predict([row for row in rows if row != (13,)])

    engine = Forgetful()
    async with batching(engine) as batcher:
        await held(engine, batcher)
        good, bad, other = Request(1, 2), Request(3, 13, 4), Request(5)
        for request in (good, bad, other):
            batcher.submit(request)
        engine.gate.set()
        await asyncio.gather(*(request.done.wait() for request in (good, bad, other)))
    assert bad.error is not None
    assert (bad.error.fault, bad.error.row) == (Fault.BUG, 1)
    assert [r.outputs.predictions for r in (good, other) if r.outputs is not None] == [[2, 4], [10]]


async def test_a_record_that_cannot_be_written_does_not_stop_the_worker() -> None:
    class Unwritable(Request):
        def record(self) -> None:
            raise TypeError("cannot be JSON")

    async with batching(Doubler()) as batcher:
        await run(batcher, Unwritable(1))
        await run(batcher, good := Request(2))
    assert good.outputs is not None


async def test_more_requests_than_the_queue_holds_are_refused_until_one_is_done() -> None:
    engine = Doubler()
    async with batching(engine, queue_limit=2) as batcher:
        first = await held(engine, batcher)
        second = Request(1)
        batcher.submit(second)
        with pytest.raises(QueueFullError):
            batcher.submit(Request(2))
        engine.gate.set()
        await asyncio.gather(first.done.wait(), second.done.wait())
        await run(batcher, Request(3))


async def test_nothing_is_scored_for_a_client_that_has_gone() -> None:
    engine = Doubler()
    async with batching(engine) as batcher:
        await held(engine, batcher)
        gone, there = Request(1), Request(2)
        batcher.submit(gone)
        batcher.submit(there)
        gone.abandoned = True
        engine.gate.set()
        await asyncio.gather(gone.done.wait(), there.done.wait())
    assert engine.calls == [1, 1]
    assert gone.outputs is None


async def test_a_request_without_rows_is_answered_without_the_model() -> None:
    engine = Doubler()
    request = Request()
    async with batching(engine) as batcher:
        await run(batcher, request)
    assert request.outputs == Outputs([], [])
    assert engine.calls == []


async def test_large_bodies_are_read_one_between_two_calls() -> None:
    engine = Doubler()
    async with batching(engine) as batcher:
        await held(engine, batcher)
        large = [Request(i, large=True) for i in range(3)]
        small = [Request(i) for i in range(3)]
        for request in large + small:
            batcher.submit(request)
        engine.gate.set()
        await asyncio.gather(*(request.done.wait() for request in large + small))
    assert engine.calls == [1, 4, 1, 1]


async def test_a_body_that_cannot_be_read_in_the_worker_is_answered_with_its_error() -> None:
    engine = Doubler()
    request = Request("unreadable", large=True)
    async with batching(engine) as batcher:
        await run(batcher, request)
    assert request.error is not None
    assert request.error.fault is Fault.MALFORMED


async def test_stopping_finishes_what_is_queued() -> None:
    engine = Doubler()
    async with batching(engine) as batcher:
        first = await held(engine, batcher)
        queued = [Request(i) for i in range(20)]
        for request in queued:
            batcher.submit(request)
    async with asyncio.timeout(10):
        await asyncio.gather(*(request.done.wait() for request in [first, *queued]))
    assert all(request.outputs is not None for request in queued)
