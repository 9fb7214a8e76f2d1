"""Tracks the steps of a run: name, state, seconds and remarks of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from easy_mlops.contract import StepReport

OnStepEnd = Callable[[StepReport], None]
"""Called as each step ends."""


OnStepBegin = Callable[[str], None]
"""Called as each step begins, with its name."""


def ignore(_: object) -> None:
    """A callback that does nothing."""


class Note:
    """The remarks about a step, collected while it runs."""

    def __init__(self) -> None:
        self._remarks: list[str] = []

    def add(self, remark: str) -> None:
        """Add a remark; an empty one adds nothing."""
        if remark:
            self._remarks.append(remark)

    def __str__(self) -> str:
        return "; ".join(self._remarks)


class StepTracker:
    """The steps that have ended, in order; `failed` is the name of the first that raised, else empty.

    `report` is called as each step ends, `begins` as each begins. Implements `easy_mlops.deployment.tracker.Tracker`.
    """

    def __init__(self, report: OnStepEnd = ignore, begins: OnStepBegin = ignore) -> None:
        self.steps: list[StepReport] = []
        self.failed = ""
        self._report = report
        self._begins = begins

    @contextmanager
    def step(self, name: str) -> Iterator[Note]:
        """Track a step; an exception is recorded and raised again."""
        note = Note()
        started = time.monotonic()
        self._begins(name)
        try:
            yield note
        except BaseException as error:
            self.failed = self.failed or name
            message = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__
            self._end(StepReport(name, "Failed", _seconds(started), message))
            raise
        self._end(StepReport(name, "Succeeded", _seconds(started), str(note)))

    def skip(self, name: str, message: str) -> None:
        """Record a step that is not run."""
        self._end(StepReport(name, "Skipped", 0.0, message))

    def _end(self, report: StepReport) -> None:
        self.steps.append(report)
        self._report(report)


def _seconds(started: float) -> float:
    return round(time.monotonic() - started, 3)
