"""Requests that a scoring pod has answered, counted over the last minute, five minutes and hour.

Counts go into the slots of a ring: 31 of ten seconds for the short windows, 61 of one minute for the hour.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from easy_mlops.monitoring.outcome import RequestOutcome
from easy_mlops.monitoring.ring import Ring
from easy_mlops.monitoring.sketch import Sketch
from easy_mlops.monitoring.summary import MAX_COLUMNS, MAX_MISMATCHES, NAME_LIMIT, WINDOWS, Window

FINE: Final = 10
"""Seconds of a slot of the short windows."""
COARSE: Final = 60
"""Seconds of a slot of the hour."""
_NULLS_BYTES: Final = 7 * 1024
"""Size limit of one window's nulls, so that three windows with their sketches stay below `SUMMARY_LIMIT`."""
_SHOWN: Final = 60
"""Characters that are kept of a name, which a client may have invented."""
FAILING_AFTER: Final = 5
"""Requests in a row on all rows of which the model fails, after which it counts as failing."""
_ERRORS: Final = frozenset({RequestOutcome.MODEL_FAILED, RequestOutcome.FAILED})
_NONE: Final[Mapping[int, int]] = {}


class _Slot:
    __slots__ = ("errors", "latency_ms", "mismatches", "nulls", "read", "rejected", "requests", "rows")

    def __init__(self) -> None:
        self.requests = 0
        self.errors = 0
        self.rejected = 0
        self.read = 0
        self.rows = 0
        self.nulls: dict[int, int] = {}
        self.mismatches: dict[str, int] = {}
        self.latency_ms = Sketch()


class RequestCounter:
    """Counts of one process. Not thread-safe: the event loop's thread counts and reads.

    `columns` are the model's, in its order; `clock` gives monotonic seconds.
    """

    def __init__(self, columns: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._columns = tuple(columns)
        self._clock = clock
        self._fine = Ring(FINE, WINDOWS["5m"], _Slot)
        self._coarse = Ring(COARSE, WINDOWS["1h"], _Slot)
        self._failures_in_row = 0
        self._cause = ""

    def count(
        self,
        latency_ms: float | None,
        outcome: RequestOutcome = RequestOutcome.SCORED,
        *,
        rows: int = 0,
        nulls: Mapping[int, int] = _NONE,
        mismatches: Iterable[str] = (),
        is_read: bool = True,
        cause: str = "",
    ) -> None:
        """Count one request for predictions; `nulls` has the missing values by position of the column.

        `mismatches` names the columns in which the request does not match the model's schema, as far as its rows were
        read (`is_read`). `latency_ms` is None for a request that was rejected: how long that took says nothing about
        the model. `cause` is why the model failed.
        """
        now = self._clock()
        if outcome is RequestOutcome.MODEL_FAILED:
            self._failures_in_row += 1
            self._cause = cause
        elif outcome is RequestOutcome.SCORED:
            self._failures_in_row = 0
        for ring in (self._fine, self._coarse):
            slot = ring.slot(now)
            slot.requests += 1
            slot.errors += outcome in _ERRORS
            slot.rejected += outcome is RequestOutcome.REJECTED
            slot.read += is_read
            slot.rows += rows
            if latency_ms is not None:
                slot.latency_ms.add(latency_ms)
            for position, count in nulls.items():
                slot.nulls[position] = slot.nulls.get(position, 0) + count
            for name in mismatches:
                column = name[:_SHOWN]
                if column in slot.mismatches or len(slot.mismatches) < MAX_MISMATCHES:
                    slot.mismatches[column] = slot.mismatches.get(column, 0) + 1

    @property
    def failing(self) -> str:
        """Why the model fails, if it has failed on all of the latest requests; empty if it works or was not asked."""
        return self._cause if self._failures_in_row >= FAILING_AFTER else ""

    def windows(self) -> dict[str, Window]:
        """The counts by the name of the window.

        For a model with very many columns, only those with the most missing values in the last hour are included.
        """
        now = self._clock()
        counted = {name: self._counted(now, reach) for name, reach in WINDOWS.items()}
        included = self._included(counted["1h"][1])
        for window, nulls in counted.values():
            window.nulls = {self._columns[position]: nulls.get(position, 0) for position in included}
        return {name: window for name, (window, _) in counted.items()}

    def _counted(self, now: float, reach: int) -> tuple[Window, dict[int, int]]:
        ring = self._fine if reach <= WINDOWS["5m"] else self._coarse
        window = Window()
        nulls: dict[int, int] = {}
        for slot in ring.within(now, reach):
            window.requests += slot.requests
            window.errors += slot.errors
            window.rejected += slot.rejected
            window.read += slot.read
            window.rows += slot.rows
            window.latency_ms.merge(slot.latency_ms)
            window.add_mismatches(slot.mismatches)
            for position, count in slot.nulls.items():
                nulls[position] = nulls.get(position, 0) + count
        return window, nulls

    def _included(self, nulls: Mapping[int, int]) -> list[int]:
        """The positions of the columns that fit into a summary, in the model's order."""
        included: list[int] = []
        free = _NULLS_BYTES
        for position in sorted(range(len(self._columns)), key=lambda p: (-nulls.get(p, 0), p)):
            name = self._columns[position]
            free -= len(json.dumps(name, ensure_ascii=False).encode()) + 12
            if free < 0 or len(included) == MAX_COLUMNS:
                break
            if len(name) <= NAME_LIMIT:
                included.append(position)
        return sorted(included)
