"""The interface for tracking the progress of a deployment."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Tracker(Protocol):
    """Receives the steps of a deployment, their durations and their outcomes."""

    def step(self, name: str) -> AbstractContextManager[object]:
        """A context that is entered when a step starts and left, with its exception if any, when it ends."""

    def skip(self, name: str, message: str) -> None:
        """Called for a step of the configuration that is skipped."""


class NoTracker:
    """Tracks nothing."""

    def step(self, name: str) -> AbstractContextManager[object]:
        """Do nothing."""
        return nullcontext()

    def skip(self, name: str, message: str) -> None:
        """Do nothing."""
