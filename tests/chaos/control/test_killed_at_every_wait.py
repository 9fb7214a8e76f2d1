"""The operator is killed at each place where a pass waits for something, from a new resource to a served one.

The next operator brings it to the same end, with one Job, and hardly a write more than it takes.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from end_state import end_state
from interrupted_operator import KILLED
from kube import Namespace, is_settled
from operator_fixtures import new_namespace
from operator_process import Identity, Launcher
from pod_player import pods_played
from stand_in import driven

PROGRAM = str(Path(__file__).resolve().parents[2] / "support/interrupted_operator.py")
AT_ONCE = 4
SETTLE_SECONDS = 60.0
MORE_WRITES = 6
"""The status and the Events may tell of steps again that the killed one had no time to tell of."""


def test_the_end_is_the_same_wherever_it_was_killed(identity: Identity, crd: str, tmp_path: Path) -> None:
    drills = Drills(identity, tmp_path)
    undisturbed, waits, writes = drills.run(None)
    assert waits > 50
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(drills.run, range(1, waits + 1)))
    reached = [number for number, outcome in enumerate(outcomes, 1) if outcome[1]]
    print(f"killed at {len(reached)} of {waits} waits; an undisturbed run takes {writes} writes")
    assert len(reached) > 0.9 * waits  # how often it waits in all depends on how events come together
    for number, (end, _, more) in enumerate(outcomes, 1):
        assert end == undisturbed, f"killed at wait {number}"
        assert more <= writes + MORE_WRITES, f"killed at wait {number}"


class Drills:
    """Each in a namespace of its own."""

    def __init__(self, identity: Identity, folder: Path) -> None:
        self._identity = identity
        self._folder = folder

    def run(self, point: int | None) -> tuple[Any, int, float]:
        """End state, waits until the kill (0: it came to no such wait), and writes of the operator that ended it."""
        folder = self._folder / str(point)
        folder.mkdir()
        counted = folder / "waits"
        with new_namespace() as namespace, Launcher(namespace, self._identity, folder).stack as stack:
            launcher = Launcher(namespace, self._identity, folder, stack)
            namespace.apply(driven("churn"))
            program = (PROGRAM, str(counted), *([] if point is None else [str(point)]))
            operator = launcher.start(program=program, until_ready=False)
            with pods_played(namespace):
                for _ in until(SETTLE_SECONDS):
                    if operator.process.poll() is not None or settled(namespace):
                        break
                waits = int(counted.read_text() or 0)
                if point is not None:
                    killed = operator.process.poll() == KILLED
                    waits = waits if killed else 0
                    operator.process.kill()
                    operator = launcher.start()
                for _ in until(SETTLE_SECONDS):
                    if settled(namespace):
                        break
            return end_state(namespace, "churn"), waits, operator.writes()


def settled(namespace: Namespace) -> bool:
    return is_settled(namespace.get("md", "churn"))


def until(seconds: float) -> Iterator[int]:
    """Counts looks; fails once the time is up."""
    deadline = time.monotonic() + seconds
    for number in itertools.count():
        yield number
        assert time.monotonic() < deadline
        time.sleep(0.2)
