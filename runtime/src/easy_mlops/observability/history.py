"""The histories that reports plot, read once from whatever was logged and measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from easy_mlops.charts import Series
from easy_mlops.observability.entries import number
from easy_mlops.observability.measurements import Measurement, label, moment


def series_of(entries: Iterable[Mapping[str, Any]], measurements: Iterable[Measurement]) -> list[Series]:
    """A series of each metric, and of each column it was measured for, by seconds since 1970.

    Those logged come first. An entry without a usable time is left out, and so is a metric that never was a number.
    """
    found: dict[str, Series] = {}
    for entry in entries:
        if (time := moment(entry["timestamp"])) is None:
            continue
        for name, value in entry["metrics"].items():
            _of(found, name).add(time.timestamp(), number(value))
    for item in measurements:
        _of(found, label(item.name, item.column)).add(item.time.timestamp(), item.value)
    return [series for series in found.values() if series.last is not None]


def _of(found: dict[str, Series], name: str) -> Series:
    if name not in found:
        found[name] = Series(name)
    return found[name]
