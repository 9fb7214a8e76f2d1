"""Rows of a `metrics.csv` as `log_metric` writes them, read back while others may be appending to it."""

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
    """A value of a metric at a time, None when it was no finite number; `column` is the one that it is about.

    `samples` are the rows behind it, where the context says (`n`); `bins` and `reference` the bins that it was counted
    over and the rows of the reference, likewise.
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
"""A metric, and the column that it was measured for; the column None is the metric as such."""


def read_measurements(log_dir: Path) -> list[Measurement]:
    """The rows of a log directory's file in their order, none when it is not there.

    A row is a line, whatever a crash left before it; what stands behind the last line's end is still being written.
    A damaged row is left out with a warning.
    """
    path = log_dir / METRICS_FILE
    try:
        with path.open("rb") as file:
            return list(_rows(file, os.fstat(file.fileno()).st_size, path))
    except FileNotFoundError:
        return []


def latest(measurements: Iterable[Measurement]) -> dict[Key, Measurement]:
    """The last row of each metric, and by `(metric, column)` that of each column it was measured for."""
    found: dict[Key, Measurement] = {}
    for item in measurements:
        found[item.name, None] = item
        if item.column is not None:
            found[item.name, item.column] = item
    return found


def last_run(measurements: Sequence[Measurement], metric: str) -> list[Measurement]:
    """The rows of a metric that were last written one after another: those of the columns of one batch."""
    found = dropwhile(lambda item: item.name != metric, reversed(measurements))
    return list(takewhile(lambda item: item.name == metric, found))


def label(metric: str, column: str | None) -> str:
    """How reports call a metric, or one of a column of the data."""
    return metric if column is None else f"{metric} ({column})"


def moment(ts: Any) -> datetime | None:
    """The time that a text names, without a zone in UTC; None when it names none."""
    try:
        found = datetime.fromisoformat(str(ts))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _rows(lines: Iterable[bytes], size: int, path: Path) -> Iterator[Measurement]:
    for line in lines:
        size -= len(line)
        if size < 0 or not line.endswith(b"\n"):
            return
        if line.isspace() or line.startswith(_HEADER):
            continue
        row = _measurement(line.decode("utf-8", "replace"))
        if row is None:
            log.warning("%s has a damaged row, which is left out", path)
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
    """The column and the numbers of rows, of bins and of the reference's rows that a context tells."""
    details = json.loads(context) if '"column"' in context or '"n"' in context else None
    if not isinstance(details, dict):
        return None, None, None, None
    column = details.get("column")
    rows, bins, reference = (
        count if type(count := details.get(name)) is int else None for name in ("n", "bins", "reference")
    )
    return None if column is None else str(column), rows, bins, reference
