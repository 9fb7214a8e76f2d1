"""Rows of a `metrics.csv` as `log_metric` writes them, read while other processes may be appending."""

from __future__ import annotations

import csv
import json
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import Any, Final

from easy_mlops.observability.entries import number
from easy_mlops.observability.notebook import COLUMNS, METRICS_FILE

log = logging.getLogger(__name__)

_HEADER: Final = ",".join(COLUMNS).encode()


@dataclass(frozen=True)
class Measurement:
    """A value of a metric at a time, None if it was not a finite number; `column` is the column that it is of.

    From the context, if it has them: `samples` (`n`), the rows behind the value; `bins`, over which it was counted; and
    `reference`, the rows of the reference.
    """

    time: datetime
    name: str
    value: float | None
    layer: str
    model_version: str
    window: str
    column: str | None = None
    samples: int | None = None
    bins: int | None = None
    reference: int | None = None


Key = tuple[str, str | None]
"""A metric and the column for which it was measured; None is the metric as a whole."""


def read_measurements(log_dir: Path) -> list[Measurement]:
    """The rows of a log directory's file in their order; empty if there is no file.

    Each line is a row, whatever a crash left before it; an incomplete last line is still being written. A damaged row
    is skipped with a warning.
    """
    path = log_dir / METRICS_FILE
    try:
        with path.open("rb") as file:
            return list(_rows(file, os.fstat(file.fileno()).st_size, path))
    except FileNotFoundError:
        return []


def latest(measurements: Iterable[Measurement]) -> dict[Key, Measurement]:
    """The last row of each metric, and of each `(metric, column)`."""
    newest: dict[Key, Measurement] = {}
    for item in measurements:
        newest[item.name, None] = item
        if item.column is not None:
            newest[item.name, item.column] = item
    return newest


def last_run(measurements: Sequence[Measurement], metric: str) -> list[Measurement]:
    """The last consecutive rows of a metric: those of the columns of one batch."""
    rows = dropwhile(lambda item: item.name != metric, reversed(measurements))
    return list(takewhile(lambda item: item.name == metric, rows))


def label(metric: str, column: str | None) -> str:
    """The name of a metric, or of a metric of a column, in reports."""
    return metric if column is None else f"{metric} ({column})"


def moment(ts: Any) -> datetime | None:
    """The time in a text, UTC if it has no zone; None if there is none."""
    try:
        time = datetime.fromisoformat(str(ts))
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _rows(lines: Iterable[bytes], size: int, path: Path) -> Iterator[Measurement]:
    for line in lines:
        size -= len(line)
        if size < 0 or not line.endswith(b"\n"):
            return
        if line.isspace() or line.startswith(_HEADER):
            continue
        row = _measurement(line.decode("utf-8", "replace"))
        if row is None:
            log.warning("%s has a damaged row, which is skipped", path)
        else:
            yield row


def _measurement(line: str) -> Measurement | None:
    try:
        (cells,) = csv.reader([line.rstrip("\r\n")], strict=True)
        ts, name, value, layer, model_version, window, context = cells
        time, details = moment(ts), _details(context)
        figure = number(float(value))
    except (csv.Error, ValueError):
        return None
    if not (context.startswith("{") and context.endswith("}")):
        return None
    return Measurement(time, name, figure, layer, model_version, window, *details) if time else None


def _details(context: str) -> tuple[str | None, int | None, int | None, int | None]:
    """The column and the numbers of rows, of bins and of the reference's rows in a context."""
    details = json.loads(context) if '"column"' in context or '"n"' in context else None
    if not isinstance(details, dict):
        return None, None, None, None
    column = details.get("column")
    rows, bins, reference = (
        count if type(count := details.get(name)) is int else None for name in ("n", "bins", "reference")
    )
    return None if column is None else str(column), rows, bins, reference
