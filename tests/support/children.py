"""Real processes for tests that kill them: forked from a server that has loaded the heavy libraries once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["easy_mlops.pipeline.run", "easy_mlops.cli.run", "sklearn.datasets", "sklearn.ensemble", "sklearn.neural_network"]
)


class Child:
    """A process that runs `function(*arguments)`; its standard error comes here line by line."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        reading, writing = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=_run, args=(writing, function, arguments))
        self._process.start()
        writing.close()
        self._lines = os.fdopen(os.dup(reading.fileno()))
        reading.close()

    def lines(self) -> Iterator[str]:
        """What it says, until it ends."""
        for line in self._lines:
            yield line.rstrip("\n")

    def send(self, number: signal.Signals) -> None:
        """Send a signal; one that has ended already gets none."""
        if self._process.pid is not None and self._process.is_alive():
            os.kill(self._process.pid, number)

    def wait(self, seconds: float = 120) -> int:
        """Its exit code, negative for the signal that ended it."""
        for _ in self._lines:
            pass
        self._lines.close()
        self._process.join(seconds)
        code = self._process.exitcode
        assert code is not None, "still running"
        return code

    def stop_after(self, word: str, number: signal.Signals) -> int:
        """Send a signal as soon as it prints a line with this word; its exit code."""
        for line in self.lines():
            if word in line.split():
                self.send(number)
                break
        return self.wait()


def _run(writing: Any, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    os.dup2(writing.fileno(), 2)
    writing.close()
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    sys.exit(function(*arguments))
