"""Keeps account of the steps of a run: name, outcome, seconds, remark."""

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
    """For whoever does not want to know."""


class Note:
    """Collects the remarks about a step while it runs."""

    def __init__(self) -> None:
        self._remarks: list[str] = []

    def add(self, remark: str) -> None:
        """Add a remark; an empty one adds nothing."""
        if remark:
            self._remarks.append(remark)

    def __str__(self) -> str:
        return "; ".join(self._remarks)


class StepTracker:
    """The steps that have ended, in order; `failed` is the name of the one that raised."""

    def __init__(self, report: OnStepEnd = ignore, begins: OnStepBegin = ignore) -> None:
        self.steps: list[StepReport] = []
        self.failed = ""
        self._report = report
        self._begins = begins

    @contextmanager
    def step(self, name: str) -> Iterator[Note]:
        """Run a step: what it raises comes out again, after it has been noted."""
        note = Note()
        started = time.monotonic()
        self._begins(name)
        try:
            yield note
        except BaseException as error:
            self.failed = self.failed or name
            told = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__
            self._end(StepReport(name, "Failed", _seconds(started), told))
            raise
        self._end(StepReport(name, "Succeeded", _seconds(started), str(note)))

    def skip(self, name: str, message: str) -> None:
        """Note a step that is not run."""
        self._end(StepReport(name, "Skipped", 0.0, message))

    def _end(self, report: StepReport) -> None:
        self.steps.append(report)
        self._report(report)


def _seconds(started: float) -> float:
    return round(time.monotonic() - started, 3)
