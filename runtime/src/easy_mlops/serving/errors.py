"""Error bodies of the service."""

from __future__ import annotations

from typing import Any

import orjson

from easy_mlops.inference.errors import RequestError


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
