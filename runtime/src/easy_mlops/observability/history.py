"""The histories that reports plot, from logged entries and measurements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from easy_mlops.charts import Series
from easy_mlops.observability.entries import number
from easy_mlops.observability.measurements import Measurement, label, moment


def series_of(entries: Iterable[Mapping[str, Any]], measurements: Iterable[Measurement]) -> list[Series]:
    """A series for each metric, and for each column it was measured for, by seconds since 1970.

    Logged metrics come first. Entries without a valid time and metrics without any number are omitted.
    """
    series: dict[str, Series] = {}
    for entry in entries:
        if (time := moment(entry["timestamp"])) is None:
            continue
        for name, value in entry["metrics"].items():
            _of(series, name).add(time.timestamp(), number(value))
    for item in measurements:
        _of(series, label(item.name, item.column)).add(item.time.timestamp(), item.value)
    return [each for each in series.values() if each.last is not None]


def _of(series: dict[str, Series], name: str) -> Series:
    if name not in series:
        series[name] = Series(name)
    return series[name]
