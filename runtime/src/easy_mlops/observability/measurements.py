"""Rows of a `metrics.csv` as `log_metric` writes them, read back for reports and verdicts."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

METRICS_FILE: Final = "metrics.csv"
"""Name of the file in a log directory."""


@dataclass(frozen=True)
class Measurement:
    """A value of a metric at a time; `column` is the one that it is about, from its context."""

    time: datetime
    name: str
    value: float
    layer: str
    column: str | None = None


def read_measurements(path: Path) -> list[Measurement]:
    """The rows of a file in their order, none when it is not there. A row that is torn or foreign is passed over."""
    try:
        with path.open(newline="", encoding="utf-8", errors="replace") as stream:
            return [item for row in csv.DictReader(stream) if (item := _measurement(row)) is not None]
    except FileNotFoundError:
        return []


def latest(measurements: Iterable[Measurement]) -> dict[tuple[str, str | None], float]:
    """The last value of each metric, and by `(metric, column)` that of each column it was measured for."""
    found: dict[tuple[str, str | None], float] = {}
    for item in measurements:
        found[item.name, None] = item.value
        if item.column is not None:
            found[item.name, item.column] = item.value
    return found


def histories(measurements: Iterable[Measurement]) -> Iterator[tuple[str, tuple[tuple[datetime, float], ...]]]:
    """`(metric, points)` of each metric, in the order in which they first appear."""
    points: dict[str, list[tuple[datetime, float]]] = {}
    for item in measurements:
        points.setdefault(item.name, []).append((item.time, item.value))
    for name, found in points.items():
        yield name, tuple(found)


def _measurement(row: Mapping[str | Any, Any]) -> Measurement | None:
    try:
        time = datetime.fromisoformat(row["ts"])
        context = json.loads(row["context"] or "{}")
        column = context.get("column")
        return Measurement(
            time if time.tzinfo else time.replace(tzinfo=UTC),
            row["name"],
            float(row["value"]),
            row["layer"],
            column if isinstance(column, str) else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
