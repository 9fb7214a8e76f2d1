"""The operator, but it is gone at a chosen await of its passes, as by kill -9.

    python interrupted_operator.py COUNT_FILE [POINT]

Counts how often passes have given up the processor to wait for something, in COUNT_FILE; ends at the POINT-th time.
Each change of the cluster's gets a pass of its own, at once, so that it waits at as many places as can be.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Coroutine, Generator
from pathlib import Path
from typing import Any

from easy_mlops_operator import main as program
from easy_mlops_operator.controller.kinds import Key
from easy_mlops_operator.controller.queue import Queue
from easy_mlops_operator.controller.worker import Result, Worker

KILLED = 137


class Waits:
    """Counts waits, and ends the process at one of them."""

    def __init__(self, file: Path, point: int | None) -> None:
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        self._point = point
        self._count = 0

    def one_more(self) -> None:
        self._count += 1
        os.pwrite(self._descriptor, str(self._count).encode(), 0)
        if self._count == self._point:
            os._exit(KILLED)


class Watched:
    """Awaits a coroutine and tells of each time that it waits."""

    def __init__(self, work: Coroutine[Any, Any, Any], waits: Waits) -> None:
        self._work = work
        self._waits = waits

    def __await__(self) -> Generator[Any, Any, Any]:
        work = self._work
        step, argument = work.send, None
        while True:
            try:
                waits_for = step(argument)
            except StopIteration as end:
                return end.value
            self._waits.one_more()
            try:
                argument, step = (yield waits_for), work.send
            except BaseException as error:
                argument, step = error, work.throw


def main(file: str, point: str | None = None) -> None:
    waits = Waits(Path(file), int(point) if point else None)
    undisturbed = Worker.work

    async def work(self: Worker, key: Key) -> Result:
        result: Result = await Watched(undisturbed(self, key), waits)
        return result

    Worker.work = work  # type: ignore[method-assign]
    Queue.add_soon = Queue.add  # type: ignore[method-assign]
    program.main()


if __name__ == "__main__":
    main(*sys.argv[1:])
