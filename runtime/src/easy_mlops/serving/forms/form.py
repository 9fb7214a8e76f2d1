"""The interface of request and answer formats."""

from __future__ import annotations

from typing import Any, Protocol

from easy_mlops.inference.answer import Answer
from easy_mlops.inference.errors import Fault, RequestError
from easy_mlops.inference.rows import RowReader, Rows


class Form(Protocol):
    """A request and answer format; one object per request."""

    keep_errors: bool
    """Whether a row that cannot be scored is null in the answer instead of failing the request."""

    def read(self, document: Any, reader: RowReader, *, exact: bool) -> Rows:
        """The rows of a parsed body. Raises `RequestError` and `DoubtfulNumberError`."""

    def write(self, answer: Answer) -> bytes:
        """The body of the answer. Raises `RequestError` for an output that the model does not have."""


def keeps_errors(value: Any) -> bool:
    """Whether `onError` is "null" rather than "fail". Raises `RequestError` for anything else."""
    if value not in ("null", "fail"):
        raise RequestError(Fault.MALFORMED, f'onError is "null" or "fail", got {str(value)[:60]!r}', field="onError")
    return bool(value == "null")
