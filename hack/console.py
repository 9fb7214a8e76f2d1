"""Progress output of the scripts in this folder: a line when a step starts and ends, and one every 20 seconds."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

HEARTBEAT_SECONDS = 20.0


class Step:
    """A context that prints `▸ what …` and, when left, `✓ what (12 s)`; a line every 20 seconds in between."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._ended = threading.Event()
        self._started = 0.0

    def __enter__(self) -> Step:
        self._started = time.monotonic()
        print(f"▸ {self.what} …", file=sys.stderr, flush=True)
        threading.Thread(target=self._beat, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        sign = "✗" if kind else "✓"
        print(f"{sign} {self.what} ({self.seconds:.0f} s)", file=sys.stderr, flush=True)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            print(f"  … {self.what}: {self.seconds:.0f} s", file=sys.stderr, flush=True)


class CommandError(RuntimeError):
    """A command failed; the message ends with its output."""


def run(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    timeout: float | None = None,
) -> str:
    """Run a command and return its standard output. Raises `CommandError` with the end of its output if it fails."""
    done = subprocess.run(
        command, cwd=cwd, env=env, input=stdin, text=True, capture_output=True, timeout=timeout, check=False
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        raise CommandError(f"{' '.join(command)} failed with exit code {done.returncode}:\n{tail}")
    return done.stdout
