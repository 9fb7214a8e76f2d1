"""How a deployment tells what it is doing."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Tracker(Protocol):
    """Whoever wants to know the steps of a deployment, their time and their outcome."""

    def step(self, name: str) -> AbstractContextManager[object]:
        """Entered when a step begins, left when it ends, with its exception if there is one."""

    def skip(self, name: str, message: str) -> None:
        """A step of the configuration that is not run."""


class NoTracker:
    """Nobody wants to know."""

    def step(self, name: str) -> AbstractContextManager[object]:
        """Does nothing."""
        return nullcontext()

    def skip(self, name: str, message: str) -> None:
        """Does nothing."""
