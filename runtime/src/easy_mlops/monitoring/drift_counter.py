"""Rows that a scoring pod has scored, counted over the reference's bins by window, outside the path of a request.

While a request is answered, its rows are only buffered. They are counted several thousand cells at a time, all columns
in a few numpy calls, after the answers have been sent or when the counts are read.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from easy_mlops.monitoring.binning import Binned, Binning, Cells
from easy_mlops.monitoring.bins import ColumnCounts, ColumnReference
from easy_mlops.monitoring.request_counter import COARSE, FINE
from easy_mlops.monitoring.ring import Ring
from easy_mlops.monitoring.summary import NAME_LIMIT, WINDOWS

CHUNK_CELLS: Final = 8192
"""Cells that are counted at once: enough to be cheap, few enough not to delay a request."""
_MAX_CHUNKS: Final = 64
"""Chunks that may wait; further rows are not counted, and so are not among the samples either."""


class DriftCounter:
    """Counts of one process. One thread adds, another one may read."""

    def __init__(
        self,
        columns: Sequence[str],
        references: Sequence[ColumnReference],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._binning = Binning(columns, [item for item in references if len(item.name) <= NAME_LIMIT])
        self._clock = clock
        self._chunk = max(1, CHUNK_CELLS // max(1, len(columns)))
        self._lock = threading.Lock()
        self._pending: list[Cells] = []
        self._since = 0.0
        self._waiting: deque[tuple[float, list[Cells]]] = deque()
        self._fine = Ring(FINE, WINDOWS["5m"], self._binning.nothing)
        self._coarse = Ring(COARSE, WINDOWS["1h"], self._binning.nothing)

    @property
    def reference(self) -> dict[str, tuple[int, ...]]:
        """The reference's counts by column."""
        return {item.name: item.counts for item in self._binning.references}

    def add(self, rows: Sequence[Cells]) -> None:
        """Buffer rows, and count one of the waiting chunks."""
        if not self._binning.references:
            return
        now = self._clock()
        with self._lock:
            if self._pending and now // FINE != self._since // FINE:
                self._close()
            if not self._pending:
                self._since = now
            self._pending.extend(rows)
            if len(self._pending) >= self._chunk:
                self._close()
            if self._waiting:
                self._count(*self._waiting.popleft())

    def windows(self) -> dict[str, dict[str, ColumnCounts]]:
        """The counts of all rows so far by window and column."""
        with self._lock:
            self._close()
            while self._waiting:
                self._count(*self._waiting.popleft())
            now = self._clock()
            return {name: self._binning.by_column(self._within(now, reach)) for name, reach in WINDOWS.items()}

    def _close(self) -> None:
        rows, self._pending = self._pending, []
        for start in range(0, len(rows), self._chunk):
            if len(self._waiting) < _MAX_CHUNKS:
                self._waiting.append((self._since, rows[start : start + self._chunk]))

    def _count(self, at: float, rows: list[Cells]) -> None:
        counted = self._binning.count(rows)
        self._fine.slot(at).add(counted)
        self._coarse.slot(at).add(counted)

    def _within(self, now: float, reach: int) -> Binned:
        ring = self._fine if reach <= WINDOWS["5m"] else self._coarse
        total = self._binning.nothing()
        for slot in ring.within(now, reach):
            total.add(slot)
        return total
