"""Exits at once on SIGTERM, whatever the process is doing.

A signal handler in Python runs only when the interpreter is back from C code, such as a fit or the reading of a file;
and the first process of a container ignores SIGTERM unless it has a handler. So the signal's number is written to a
pipe, and a thread waits for it. No cleanup is needed: an unfinished directory is hidden, and the next run removes it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType


def exit_on_sigterm() -> None:
    """From now on SIGTERM ends this process with exit code 143 (128 + 15), the convention of shells."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, _ignore)
    threading.Thread(target=_wait, args=(reading,), name="sigterm", daemon=True).start()


def _ignore(number: int, frame: FrameType | None) -> None:
    """Does nothing: a handler must exist for the signal not to be ignored and its number to be written to the pipe."""


def _wait(reading: int) -> None:
    while signal.SIGTERM not in os.read(reading, 64):
        pass
    sys.stderr.write("stopped by SIGTERM\n")
    sys.stderr.flush()
    os._exit(128 + signal.SIGTERM)
