"""Error bodies of the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from easy_mlops.inference.errors import Fault, RequestError

STATUS: Final[Mapping[Fault, int]] = {
    Fault.MALFORMED: 400,
    Fault.NOT_FOUND: 404,
    Fault.TOO_LARGE: 413,
    Fault.MEDIA_TYPE: 415,
    Fault.UNSUITABLE: 422,
    Fault.OVERLOADED: 429,
    Fault.UNSCORABLE: 500,
    Fault.BUG: 500,
    Fault.NOT_READY: 503,
}
"""HTTP status of the answer."""


def body_of(error: RequestError) -> bytes:
    """The JSON of the answer: `{"error", "field", "row"}`, the last two only if they apply."""
    return error_body(error.message, field=error.field, row=error.row)


def error_body(message: str, *, field: str | None = None, row: int | None = None) -> bytes:
    """The JSON of an error."""
    body: dict[str, Any] = {"error": message}
    if field is not None:
        body["field"] = field
    if row is not None:
        body["row"] = row
    return orjson.dumps(body)
