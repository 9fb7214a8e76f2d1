"""The states of a connection and their transitions.

IDLE ──► HEAD ──► BODY ──► IDLE       a request, its answer written later; the next one may follow
                    └────► LAST       its answer is the last one
any  ──► LINGERING                    further input is discarded, so that the client can read the last answer
any  ──► CLOSED
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final


class State(Enum):
    """How a connection treats the next byte that arrives."""

    IDLE = auto()
    """It starts a request."""
    HEAD = auto()
    """It belongs to the head of a request."""
    BODY = auto()
    """It belongs to the body of a request."""
    LAST = auto()
    """No more requests are read; the last answer may still have to be written."""
    LINGERING = auto()
    """As LAST, but the client is still sending."""
    CLOSED = auto()
    """The connection is gone."""

    @property
    def is_reading(self) -> bool:
        """Whether a request is being read."""
        return self in (State.HEAD, State.BODY)

    @property
    def takes_requests(self) -> bool:
        """Whether further requests are read."""
        return self in (State.IDLE, State.HEAD, State.BODY)

    def then(self, state: State) -> State:
        """The next state: `state` if the transition is allowed, otherwise this one."""
        return state if state in _FOLLOWING[self] else self


_END: Final = frozenset({State.LAST, State.LINGERING, State.CLOSED})
_FOLLOWING: Final[Mapping[State, frozenset[State]]] = {
    State.IDLE: _END | {State.HEAD},
    State.HEAD: _END | {State.BODY},
    State.BODY: _END | {State.IDLE, State.HEAD},  # HEAD: the head of a declined upgrade is read again
    State.LAST: frozenset({State.LINGERING, State.CLOSED}),
    State.LINGERING: frozenset({State.CLOSED}),
    State.CLOSED: frozenset(),
}
