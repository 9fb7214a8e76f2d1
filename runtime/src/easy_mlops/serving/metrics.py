"""Counters of the scoring server, converted to Prometheus metrics at each scrape.

Counting costs one addition per request; `prometheus_client`'s own counters would cost more than a small model. Only
the event loop's thread counts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BATCH_ROWS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


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

    def family(self, name: str, text: str) -> Metric:
        """The histogram with cumulative buckets."""
        buckets, total = [], 0
        for bound, count in zip([*map(_bound, self.bounds), "+Inf"], self.counts, strict=True):
            total += count
            buckets.append((bound, float(total)))
        return HistogramMetricFamily(name, text, buckets=buckets, sum_value=self.sum)


class Metrics:
    """The server's counters of requests and rows."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        """By route and status."""
        self.duration = Histogram(SECONDS)
        """Duration of prediction requests in seconds, from the last byte of the request to the answer."""
        self.batches = Histogram(BATCH_ROWS)
        """Rows in each call of the model."""
        self.rows = 0
        self.failed_rows = 0
        self.nulls: Counter[str] = Counter()
        """Missing values by column."""

    def families(self) -> Iterator[Metric]:
        """The metrics of these counters."""
        by_route = (({"route": route, "code": str(code)}, n) for (route, code), n in sorted(self.requests.items()))
        yield counter("easymlops_http_requests", "Requests by route and status code.", by_route)
        yield self.duration.family(
            "easymlops_prediction_duration_seconds", "Time from a complete request for predictions to its answer."
        )
        yield self.batches.family("easymlops_batch_rows", "Rows in one call of the model.")
        yield counter("easymlops_prediction_rows", "Rows given to the model.", [({}, self.rows)])
        yield counter("easymlops_prediction_rows_failed", "Rows that could not be scored.", [({}, self.failed_rows)])
        by_column = (({"column": column}, count) for column, count in sorted(self.nulls.items()))
        yield counter("easymlops_prediction_nulls", "Missing values by column.", by_column)


Samples = Iterable[tuple[Mapping[str, str], float]]
"""The labels and value of each sample."""


def counter(name: str, text: str, samples: Samples) -> Metric:
    """A counter; its samples are named `name` + `_total`."""
    family = CounterMetricFamily(name, text)
    for labels, value in samples:
        family.add_sample(f"{name}_total", dict(labels), value)
    return family


def gauge(name: str, text: str, value: float, labels: Mapping[str, str] | None = None) -> Metric:
    """A gauge with one sample."""
    family = GaugeMetricFamily(name, text)
    family.add_sample(name, dict(labels or {}), value)
    return family


class Exposition:
    """The text of a process's own metrics and of those that `families` returns at each scrape."""

    def __init__(self, families: Callable[[], Iterable[Metric]]) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_CallbackCollector(families))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """All metrics in the text format (Prometheus, exposition formats, version 0.0.4)."""
        return generate_latest(self._registry)


class _CallbackCollector(Collector):
    """Collects the metrics that a function returns at each scrape."""

    def __init__(self, families: Callable[[], Iterable[Metric]]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families()


def _bound(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
