"""What is wrong with a request's rows: the message, the field and the row."""

from __future__ import annotations


class RequestError(Exception):
    """A request that cannot be answered as asked.

    Parameters
    ----------
    status : int
        HTTP status of the answer.
    message : str
        What is wrong.
    field : str or None
        The column or key at fault.
    row : int or None
        Number of the row, from 0.
    """

    def __init__(self, status: int, message: str, *, field: str | None = None, row: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field
        self.row = row
