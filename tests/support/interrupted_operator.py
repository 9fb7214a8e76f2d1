"""The operator, but it is gone at a chosen await of its passes, as by kill -9.

    python interrupted_operator.py WAITS_FILE [POINT]

Writes to WAITS_FILE what passes have given up the processor for, a line each, such as `apply Job 2`: for the second
time while a Job is applied. Ends at the one that is called POINT. Each change of the cluster's gets a pass of its own,
at once, so that it waits at as many places as can be.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Coroutine, Generator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from easy_mlops_operator import main as program
from easy_mlops_operator.controller.client import Client
from easy_mlops_operator.controller.kinds import Key, Manifest
from easy_mlops_operator.controller.worker import Result, Worker
from easy_mlops_operator.controller.workqueue.queue import Queue

KILLED = 137

_request = ContextVar("request", default="nothing")
"""What the pass of this task has asked the API server for last."""


class Waits:
    """Writes down waits, and ends the process at one of them."""

    def __init__(self, file: Path, point: str | None) -> None:
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        self._point = point
        self._counts: Counter[str] = Counter()

    def one_more(self) -> None:
        request = _request.get()
        self._counts[request] += 1
        wait = f"{request} {self._counts[request]}"
        os.write(self._descriptor, f"{wait}\n".encode())
        if wait == self._point:
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
    waits = Waits(Path(file), point)
    undisturbed, send = Worker.work, Client._send  # all requests go through it, so that each wait can be named

    async def work(self: Worker, key: Key) -> Result:
        result: Result = await Watched(undisturbed(self, key), waits)
        return result

    async def named(self: Client, verb: str, *args: Any, **kwargs: Any) -> Manifest:
        _request.set(f"{verb} {kwargs.get('body', {}).get('kind', '')}".strip())
        return await send(self, verb, *args, **kwargs)

    Worker.work = work  # type: ignore[method-assign]
    Client._send = named  # type: ignore[method-assign]
    Queue.add_soon = Queue.add  # type: ignore[method-assign]
    program.main()


if __name__ == "__main__":
    main(*sys.argv[1:])
