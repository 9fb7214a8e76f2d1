"""The progress of a command: a line on stderr for each step that has ended.

On a terminal the current step has a line of its own with the seconds so far, which its final line replaces.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from types import TracebackType
from typing import Final, Self

from easy_mlops.contract import StepReport

SIGNS: Final = {"Succeeded": "✓", "Failed": "✗", "Skipped": "–"}
_REDRAW_SECONDS: Final = 0.1
_CLEAR: Final = "\r\x1b[K"


class Progress:
    """Prints the steps of a command.

    `form` is the format of the result: with `json` the line of the current step is omitted. `begins` and `ended` are
    callbacks for the code that runs the steps. The time before the first step, mostly spent on importing libraries, is
    shown as a step `start`.
    """

    def __init__(self, form: str) -> None:
        self._live = form == "text" and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._step = ""
        self._since = 0.0
        self.begins("start")

    def __enter__(self) -> Self:
        if self._live:
            threading.Thread(target=self._redraw, name="progress", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        with self._lock:
            self._over.set()
            if self._live:
                print(_CLEAR, end="", file=sys.stderr, flush=True)

    def begins(self, step: str) -> None:
        """A step begins."""
        with self._lock:
            self._step, self._since = step, time.monotonic()

    def ended(self, step: StepReport) -> None:
        """A step has ended."""
        message = "" if step.state == "Failed" else step.message  # the error itself follows
        line = f"{SIGNS[step.state]} {step.name:<20} {step.seconds:8.2f} s  {message}".rstrip()
        with self._lock:
            print(f"{_CLEAR if self._live else ''}{line}", file=sys.stderr, flush=True)

    def _redraw(self) -> None:
        while not self._over.wait(_REDRAW_SECONDS):
            with self._lock:
                if not self._over.is_set():
                    seconds = time.monotonic() - self._since
                    print(f"{_CLEAR}… {self._step:<20} {seconds:8.1f} s", end="", file=sys.stderr, flush=True)
