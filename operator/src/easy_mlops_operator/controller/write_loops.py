"""Notices when passes over a resource write again and again, because another controller sets the same field otherwise.

A rollout writes many times, too, and so does the work for a user who edits often. What counts is therefore how fast
the writes come: each one counts, one is forgiven every `FORGIVEN_SECONDS`, and all of them are when the user edits or
when a pass has nothing to write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from easy_mlops_operator.controller.kinds import Key

ALLOWED: Final = 10.0
"""So many passes in a row that each wrote something are a rollout; more are a loop."""
FORGIVEN_SECONDS: Final = 10.0
LONGEST_SECONDS: Final = 60.0


@dataclass(frozen=True)
class _Streak:
    generation: int
    pace: float
    at: float
    passes: int


class WriteLoops:
    """Passes that wrote, by resource. Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._streaks: dict[Key, _Streak] = {}

    def wrote(self, key: Key, generation: int, now: float) -> float:
        """Count a pass over this generation that wrote something; for how many seconds to leave the resource alone."""
        before = self._streaks.get(key)
        pace, passes = 0.0, 0 if before is None else before.passes
        if before is not None and before.generation == generation:
            pace = max(0.0, before.pace - (now - before.at) / FORGIVEN_SECONDS)
        streak = self._streaks[key] = _Streak(generation, pace + 1, now, passes + 1)
        too_many = streak.pace - ALLOWED
        return min(2.0**too_many, LONGEST_SECONDS) if too_many > 0 else 0.0

    def passes(self, key: Key) -> int:
        """How many passes in a row have written something."""
        streak = self._streaks.get(key)
        return 0 if streak is None else streak.passes

    def end(self, key: Key) -> None:
        """A pass had nothing to write, or the resource is gone."""
        self._streaks.pop(key, None)
