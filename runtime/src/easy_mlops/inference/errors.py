"""What is wrong with a request: what kind of problem, the message, the field and the row."""

from __future__ import annotations

from enum import Enum, auto


class Fault(Enum):
    """Why a request, or one of its rows, has no prediction."""

    MALFORMED = auto()
    """It is not in one of the forms that are read."""
    UNSUITABLE = auto()
    """Its rows do not have the columns and values that the model was trained on."""
    TOO_LARGE = auto()
    """It has more rows or bytes than are taken at once."""
    MEDIA_TYPE = auto()
    """It is not JSON."""
    NOT_FOUND = auto()
    """It is about another model or a path that does not exist."""
    UNSCORABLE = auto()
    """The model fails on a row that fits its schema."""
    OVERLOADED = auto()
    """Too many requests wait for the model."""
    NOT_READY = auto()
    """The model is not loaded yet."""
    BUG = auto()
    """Something failed that has nothing to do with the request."""

    @property
    def is_failure(self) -> bool:
        """Whether the service failed the caller; otherwise the caller has to change the request."""
        return self in (Fault.UNSCORABLE, Fault.OVERLOADED, Fault.NOT_READY, Fault.BUG)

    @property
    def is_of_model(self) -> bool:
        """Whether the model failed, or the code around it."""
        return self in (Fault.UNSCORABLE, Fault.BUG)


class RequestError(Exception):
    """A request that cannot be answered as asked.

    Parameters
    ----------
    fault : Fault
        Why.
    message : str
        What is wrong.
    field : str or None
        The column or key at fault.
    row : int or None
        Number of the row, from 0.
    """

    def __init__(self, fault: Fault, message: str, *, field: str | None = None, row: int | None = None) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message
        self.field = field
        self.row = row
