"""One request for predictions, from its body to its answer, its counts and its record.

A small body is read on the event loop, so that an invalid one is answered without queueing; a large one is read in the
worker's thread, where the model always runs.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final

from easy_mlops.inference.answer import Answer
from easy_mlops.inference.batching import QueueFullError
from easy_mlops.inference.engine import Outputs
from easy_mlops.inference.errors import Fault, RequestError
from easy_mlops.inference.rows import DoubtfulNumberError, Rows
from easy_mlops.inference.schema import Row
from easy_mlops.monitoring.outcome import RequestOutcome
from easy_mlops.serving.errors import STATUS, body_of
from easy_mlops.serving.forms import json_body
from easy_mlops.serving.forms.form import Form
from easy_mlops.serving.http.exchange import Exchange
from easy_mlops.serving.service import Service

RETRY: Final = b"Retry-After: 1\r\n"
_ABANDONED: Final = 499
"""nginx's status for a client that disconnected; used only in metrics."""


class Prediction:
    """A `Job` of the batcher. `route` is the request's name in metrics."""

    def __init__(self, service: Service, exchange: Exchange, form: Form, route: str) -> None:
        self._service = service
        self._exchange = exchange
        self._form = form
        self._route = route
        self._read: Rows | None = None
        self._nulls: Mapping[int, int] = {}
        self._mismatches: Sequence[str] = ()
        self._answer: Answer | None = None
        self._latency_ms = 0.0
        self._fault: Fault | None = None
        self._cause = ""
        self._status = 0
        self._body = b""
        self._headers = b""
        self.large = len(exchange.body) > service.limits.small_body

    @property
    def abandoned(self) -> bool:
        """Whether the client has disconnected."""
        return self._exchange.abandoned

    @property
    def keep_errors(self) -> bool:
        """Whether to return the rows that can be scored even if others fail."""
        return self._form.keep_errors

    def start(self) -> None:
        """Read the body, unless it is large, and queue for the model; called on the event loop."""
        try:
            if not self.large:
                self.rows()
            self._service.batcher.submit(self)
        except RequestError as error:
            self.fail(error)
            self.deliver()
        except QueueFullError:
            self.fail(RequestError(Fault.OVERLOADED, "too many requests wait for the model; try again"))
            self._headers = RETRY
            self.deliver()

    def rows(self) -> Sequence[Row]:
        """The rows to score. Raises `RequestError`."""
        if self._read is None:
            reader = self._service.reader
            try:
                self._read = self._rows()
            except RequestError as error:
                self._mismatches = reader.mismatches([error])
                raise
            self._nulls = self._read.nulls()
            if self._nulls or self._read.errors:
                self._mismatches = reader.mismatches(self._read.errors.values(), self._nulls)
        return self._read.cells

    def complete(self, outputs: Outputs) -> None:
        """Write the answer. Raises `RequestError` if the form cannot represent it."""
        assert self._read is not None
        id_ = self._service.next_id()
        answer = Answer.of(id_, self._service.model, self._read, outputs)
        self._body = self._form.write(answer)
        self._headers = b"X-Prediction-Id: %b\r\n" % id_.encode()
        self._status = 200
        self._answer = answer
        self._latency_ms = (time.monotonic() - self._exchange.received) * 1e3

    def fail(self, error: RequestError) -> None:
        """Write the error."""
        self._fault = error.fault
        self._cause = error.message
        self._status = STATUS[error.fault]
        self._body = body_of(error)

    def deliver(self) -> None:
        """Answer and count; called on the event loop."""
        service, exchange, status = self._service, self._exchange, self._status
        if exchange.abandoned:
            service.metrics.requests[self._route, _ABANDONED] += 1
            return
        exchange.respond(status, self._body, headers=self._headers)
        metrics = service.metrics
        metrics.requests[self._route, status] += 1
        outcome = self._outcome()
        latency_ms = None
        if (
            outcome is not RequestOutcome.REJECTED
        ):  # the latency of rejecting an invalid request says nothing about the model
            seconds = time.monotonic() - exchange.received
            metrics.duration.add(seconds)
            latency_ms = seconds * 1e3
        rows = 0 if self._read is None else len(self._read.cells)
        metrics.rows += rows
        metrics.failed_rows += rows if self._answer is None else len(self._answer.errors)
        for position, count in self._nulls.items():
            metrics.nulls[service.schema.columns[position].name] += count
        service.live.count(
            latency_ms,
            outcome,
            rows=rows,
            nulls=self._nulls,
            mismatches=self._mismatches,
            is_read=self._read is not None or bool(self._mismatches),
            cause=self._cause,
        )

    def record(self) -> None:
        """Count the rows and log each scored one; called in the worker's thread, after the answer was sent."""
        if self._read is not None:
            self._service.drift.add(self._read.cells)
        if self._answer is not None and self._read is not None:
            self._service.log.write(self._answer, self._read, self._latency_ms)

    def _outcome(self) -> RequestOutcome:
        """What the answer is to the caller. One without a single scored row because of the model is a failure."""
        if self._fault is not None:
            if not self._fault.is_failure:
                return RequestOutcome.REJECTED
            return RequestOutcome.MODEL_FAILED if self._fault.is_of_model else RequestOutcome.FAILED
        errors = self._answer.errors if self._answer is not None else {}
        failures = [error for error in errors.values() if error.fault.is_of_model]
        if not failures or self._read is None or len(errors) < self._read.total:
            return RequestOutcome.SCORED
        self._cause = failures[0].message
        return RequestOutcome.MODEL_FAILED

    def _rows(self) -> Rows:
        body, form, reader = self._exchange.body, self._form, self._service.reader
        try:
            rows = form.read(json_body.read(body), reader, exact=False)
        except DoubtfulNumberError:
            rows = form.read(json_body.read_exactly(body), reader, exact=True)
        most = self._service.limits.rows
        if rows.total > most:
            raise RequestError(Fault.TOO_LARGE, f"the request has {rows.total} rows, at most {most} are taken at once")
        return rows
