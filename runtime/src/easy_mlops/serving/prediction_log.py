"""Logs every scored row: its inputs, outputs, time and latency.

A separate thread writes, so that scoring never waits for the disk and continues if it fails. Rows that are not written
are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from easy_mlops.inference.answer import Answer
from easy_mlops.inference.rows import Rows
from easy_mlops.logs.background import BackgroundWriter
from easy_mlops.logs.durable import make_directory
from easy_mlops.logs.layout import now

_KIND: Final = "predictions"


class PredictionLog:
    """The prediction log of a deployment directory, or none.

    `root` is the directory's `logs/`, or None to disable the log. If it cannot be written, `fault` has the reason and
    every row counts as dropped.
    """

    def __init__(self, root: Path | None, columns: Sequence[str]) -> None:
        self._columns = tuple(columns)
        self._writer: BackgroundWriter | None = None
        self._dropped = 0
        self.fault = ""
        self.enabled = root is not None
        if root is None:
            return
        try:
            make_directory(root / _KIND)
            probe = root / _KIND / ".writable"
            probe.touch()
            probe.unlink(missing_ok=True)  # another replica may have been here at the same time
        except OSError as error:
            self.fault = f"{root / _KIND} cannot be written: {error.strerror}"
        else:
            self._writer = BackgroundWriter(root, _KIND)

    @property
    def logged(self) -> int:
        """Rows written."""
        return 0 if self._writer is None else self._writer.logged

    @property
    def dropped(self) -> int:
        """Rows that could not be written."""
        return self._dropped + (0 if self._writer is None else self._writer.dropped)

    def write(self, answer: Answer, rows: Rows, latency_ms: float) -> None:
        """Queue all scored rows of one answer, without blocking."""
        if not self.enabled:
            return
        scored = [row for row, number in enumerate(rows.numbers) if number not in answer.errors]
        if self._writer is None:
            self._dropped += len(scored)
            return
        ts, latency = now(), round(latency_ms, 3)
        probabilities = answer.probabilities
        for place in scored:
            number = rows.numbers[place]
            self._writer.enqueue(
                {
                    "id": answer.id if len(answer.predictions) == 1 else f"{answer.id}.{number}",
                    "ts": ts,
                    "model_version": answer.model.version,
                    "prediction": answer.predictions[number],
                    "score": None if probabilities is None else score_of(probabilities[number]),
                    "latency_ms": latency,
                    "inputs": dict(zip(self._columns, rows.cells[place], strict=True)),
                }
            )

    def close(self) -> None:
        """Write queued rows durably, and stop."""
        if self._writer is not None:
            self._writer.close()


def score_of(probabilities: Sequence[float]) -> Any:
    """The score of a row: the probability of the second of two classes, otherwise the highest probability."""
    return probabilities[1] if len(probabilities) == 2 else max(probabilities)
