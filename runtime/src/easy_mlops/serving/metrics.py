"""Counters of the scoring server, rendered as Prometheus text when they are scraped.

A counter in the path of a request is one addition; `prometheus_client` there costs more than a small model.
Only the event loop's thread counts.
"""

from __future__ import annotations

import os
import resource
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BATCH_ROWS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_STARTED: Final = time.time()

Labels = Mapping[str, str]
Sample = tuple[str, Labels, float]
"""Suffix of the name, labels, value."""


class Histogram:
    """Counts of values by upper bounds."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def samples(self) -> Iterable[Sample]:
        """Cumulative buckets, sum and count."""
        total = 0
        for bound, count in zip([*map(_number, self.bounds), "+Inf"], self.counts, strict=True):
            total += count
            yield "_bucket", {"le": bound}, total
        yield "_sum", {}, self.sum
        yield "_count", {}, total


class Metrics:
    """What the server counts about requests and rows."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        """By route and status."""
        self.duration = Histogram(SECONDS)
        """Seconds of requests for predictions, from the last byte of the request to the answer."""
        self.batches = Histogram(BATCH_ROWS)
        """Rows in each call of the model."""
        self.rows = 0
        self.failed_rows = 0
        self.nulls: Counter[str] = Counter()
        """Missing values by column."""

    def families(self) -> Iterable[str]:
        """The text of these counters."""
        by_route = [("", {"route": r, "code": str(c)}, n) for (r, c), n in sorted(self.requests.items())]
        yield family("easymlops_http_requests_total", "counter", "Requests by route and status code.", by_route)
        yield family(
            "easymlops_prediction_duration_seconds",
            "histogram",
            "Time from a complete request for predictions to its answer.",
            self.duration.samples(),
        )
        yield family("easymlops_batch_rows", "histogram", "Rows in one call of the model.", self.batches.samples())
        yield counter("easymlops_prediction_rows_total", "Rows given to the model.", self.rows)
        yield counter("easymlops_prediction_rows_failed_total", "Rows that could not be scored.", self.failed_rows)
        by_column = [("", {"column": column}, n) for column, n in sorted(self.nulls.items())]
        yield family("easymlops_prediction_nulls_total", "counter", "Missing values by column.", by_column)


def counter(name: str, text: str, value: float) -> str:
    """A counter without labels."""
    return family(name, "counter", text, [("", {}, value)])


def gauge(name: str, text: str, value: float, labels: Labels | None = None) -> str:
    """A gauge with one sample."""
    return family(name, "gauge", text, [("", labels or {}, value)])


def family(name: str, kind: str, text: str, samples: Iterable[Sample]) -> str:
    """One metric in the text format (Prometheus, exposition formats, version 0.0.4)."""
    lines = [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
    for suffix, labels, value in samples:
        inside = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels.items())
        lines.append(f"{name}{suffix}{{{inside}}} {_number(value)}" if inside else f"{name}{suffix} {_number(value)}")
    return "\n".join(lines)


def process() -> Iterable[str]:
    """The customary metrics of a process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    yield counter("process_cpu_seconds_total", "Processor time used.", usage.ru_utime + usage.ru_stime)
    yield gauge("process_start_time_seconds", "Start of the process, seconds since 1970.", _STARTED)
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return
    yield gauge("process_resident_memory_bytes", "Resident memory.", pages * os.sysconf("SC_PAGE_SIZE"))


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
