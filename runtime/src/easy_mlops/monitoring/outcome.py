"""What the answer to a request for predictions is to its caller."""

from __future__ import annotations

from enum import Enum, auto


class RequestOutcome(Enum):
    """How a request for predictions ended."""

    SCORED = auto()
    """At least one row was scored."""
    REJECTED = auto()
    """The caller's mistake: not JSON, too large, an unknown column or model, values that do not fit a column."""
    MODEL_FAILED = auto()
    """The model failed on all of its rows, though they fit the schema."""
    FAILED = auto()
    """It could not be answered for another reason, such as overload."""
