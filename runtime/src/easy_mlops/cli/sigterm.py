"""Ends the process at once on SIGTERM, whatever it is doing.

A handler in Python runs only when the interpreter gets its turn, which takes as long as the C code of a fit or of a
file that is being read; and the first process of a container ignores SIGTERM unless it has a handler. So the
signal's number goes through a pipe to a thread that waits for it. Nothing has to be tidied up: what is half built is
out of sight, and the next run clears it away.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType


def exit_on_sigterm() -> None:
    """From now on SIGTERM ends this process with exit code 143 (128 + 15), as a shell would tell it."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, _heard)
    threading.Thread(target=_wait, args=(reading,), name="sigterm", daemon=True).start()


def _heard(number: int, frame: FrameType | None) -> None:
    """Only has to be there, so that the signal is not ignored and its number is written to the pipe."""


def _wait(reading: int) -> None:
    while signal.SIGTERM not in os.read(reading, 64):
        pass
    sys.stderr.write("stopped by SIGTERM\n")
    sys.stderr.flush()
    os._exit(128 + signal.SIGTERM)
