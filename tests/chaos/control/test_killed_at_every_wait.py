"""The operator is killed at each place where a pass waits for something, from a new resource to a served one.

The next operator brings it to the same end, with one Job, and hardly a write more than it takes.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from end_state import end_state
from interrupted_operator import KILLED
from kube import Namespace, Object, is_settled
from namespaces import new_namespace
from operator_process import Identity, Launcher
from pod_player import pods_played
from stand_in import driven

PROGRAM = str(Path(__file__).resolve().parents[2] / "support/interrupted_operator.py")
AT_ONCE = 4
SETTLE_SECONDS = 60.0
MORE_WRITES = 6
"""The status and the Events may tell of steps again that the killed one had no time to tell of."""


def test_the_end_state_is_the_same_wherever_the_operator_is_killed(
    identity: Identity, crd: str, tmp_path: Path
) -> None:
    drills = Drills(identity, tmp_path)
    undisturbed = drills.run(None)
    points = undisturbed.waits
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = dict(zip(points, pool.map(drills.run, points), strict=True))
    killed = {point for point, outcome in outcomes.items() if outcome.killed}
    print(f"killed at {len(killed)} of {len(points)} waits; an undisturbed run takes {undisturbed.writes} writes")
    # How often it waits in all depends on how events come together. Once it waits for each kind of request.
    assert {point for point in points if point.endswith(" 1")} <= killed
    for point, outcome in outcomes.items():
        assert outcome.killed or point not in outcome.waits
        assert outcome.end == undisturbed.end, f"killed at {point}"
        assert outcome.writes <= undisturbed.writes + MORE_WRITES, f"killed at {point}"


@dataclass(frozen=True)
class Outcome:
    """End state, waits until the operator was killed or else until the end, and writes of the one that ended it."""

    end: str
    killed: bool
    waits: tuple[str, ...]
    writes: float


class Drills:
    """Each in a namespace of its own."""

    def __init__(self, identity: Identity, folder: Path) -> None:
        self._identity = identity
        self._folder = folder

    def run(self, point: str | None) -> Outcome:
        """Bring a new resource to its end, past a kill at the wait of this name."""
        with new_namespace("api") as namespace:
            return self._run(namespace, point)

    def _run(self, namespace: Namespace, point: str | None) -> Outcome:
        folder = Path(mkdtemp(dir=self._folder))
        written = folder / "waits"
        launcher = Launcher(namespace, self._identity, folder)
        with launcher.stack:
            namespace.apply(driven("churn"))
            program = (PROGRAM, str(written), *([] if point is None else [point]))
            operator = launcher.start(program=program, until_ready=False)

            def over(resource: Object) -> bool:
                return operator.process.poll() is not None or is_settled(resource)

            with pods_played(namespace):
                namespace.wait("md", "churn", over, seconds=SETTLE_SECONDS)
                waits = tuple(written.read_text().splitlines())
                if point in waits:
                    operator.process.wait(SETTLE_SECONDS)  # it writes the wait down, and then ends
                killed = operator.process.poll() == KILLED
                if point is not None:
                    operator.process.kill()
                    operator = launcher.start()
                namespace.wait("md", "churn", is_settled, seconds=SETTLE_SECONDS)
            return Outcome(end_state(namespace, "churn"), killed, waits, operator.writes())
