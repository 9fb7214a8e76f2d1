"""What is wrong with a request, in words that name the field and the row."""

from __future__ import annotations

from typing import Any

import orjson


class RequestError(Exception):
    """A request that cannot be answered as asked.

    `status` is the HTTP status, `field` the column or key at fault, `row` the number of the row from 0.
    """

    def __init__(self, status: int, message: str, *, field: str | None = None, row: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field
        self.row = row

    def body(self) -> bytes:
        """The JSON of the answer: `{"error", "field", "row"}`, the last two only where they apply."""
        return error_body(self.message, field=self.field, row=self.row)


def error_body(message: str, *, field: str | None = None, row: int | None = None) -> bytes:
    """The JSON of an error."""
    body: dict[str, Any] = {"error": message}
    if field is not None:
        body["field"] = field
    if row is not None:
        body["row"] = row
    return orjson.dumps(body)
