"""Metrics about the operator itself, followed by those about the resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from easy_mlops_operator.api.status import Evaluation
from easy_mlops_operator.controller.kinds import Key, Kind
from easy_mlops_operator.controller.store import Store
from easy_mlops_operator.controller.worker import Result
from easy_mlops_operator.controller.workqueue.queue import Queue
from easy_mlops_operator.telemetry.fleet import Fleet
from easy_mlops_operator.telemetry.health import Health

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PASS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60)
_WAIT_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300)


class OperatorMetrics:
    """Counters with a registry of their own. The controller calls the methods as observers."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, which nobody needs
        self.registry = CollectorRegistry()
        self._fleet: Fleet | None = None
        ProcessCollector(registry=self.registry)
        self._passes = Counter("easymlops_reconcile", "Reconcile passes by result.", ["result"], registry=self.registry)
        for result in get_args(Result):
            self._passes.labels(result)  # a counter that begins at 1 has not increased, for Prometheus
        self._seconds = Histogram(
            "easymlops_reconcile_duration_seconds",
            "Duration of a reconcile pass in seconds.",
            buckets=_PASS_BUCKETS,
            registry=self.registry,
        )
        self._waits = Histogram(
            "easymlops_queue_latency_seconds",
            "Seconds that a key waited in the work queue.",
            buckets=_WAIT_BUCKETS,
            registry=self.registry,
        )
        self._requests = Counter(
            "easymlops_api_requests",
            "Requests to the API server, watches excluded; code `error` if there was no answer.",
            ["verb", "code"],
            registry=self.registry,
        )
        self._events = Counter(
            "easymlops_watch_events", "Events received by watches.", ["kind"], registry=self.registry
        )
        self._missed = Counter(
            "easymlops_watch_missed",
            "Changes that a list found before a watch had delivered them.",
            ["kind"],
            registry=self.registry,
        )
        self._collections = Counter(
            "easymlops_summary_requests", "Requests to scoring pods.", ["result"], registry=self.registry
        )

    def passed(self, result: Result, seconds: float) -> None:
        """Count a pass."""
        self._passes.labels(result).inc()
        self._seconds.observe(seconds)

    def waited(self, seconds: float) -> None:
        """Observe the wait of a key that was handed to a worker."""
        self._waits.observe(seconds)

    def requested(self, verb: str, code: str) -> None:
        """Count a request to the API server."""
        self._requests.labels(verb, code).inc()

    def watched(self, kind: Kind) -> None:
        """Count an event of a watch."""
        self._events.labels(kind.name).inc()

    def missed(self, kind: Kind, changes: int) -> None:
        """Count changes that a list found before a watch."""
        self._missed.labels(kind.name).inc(changes)

    def collected(self, result: str) -> None:
        """Count a request to a scoring pod."""
        self._collections.labels(result).inc()

    def watch(self, store: Store, queue: Queue, health: Health) -> None:
        """Register the gauges that are computed at scrape, from these."""
        self.registry.register(_State(queue, health))
        self._fleet = Fleet(store)

    def show(self, key: Key, evaluations: tuple[Evaluation, ...]) -> None:
        """Show these evaluations of a resource instead of those in its status; none to show those again."""
        if self._fleet is not None:
            self._fleet.show(key, evaluations)

    def render(self) -> bytes:
        """Everything in Prometheus' text format."""
        resources = () if self._fleet is None else self._fleet.render()
        return b"".join([generate_latest(self.registry), *resources])


class _State(Collector):
    """Gauges that are computed at scrape."""

    def __init__(self, queue: Queue, health: Health) -> None:
        self._queue = queue
        self._health = health

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        leads = float(self._health.role == "leading")
        for name, text, value in (
            ("easymlops_leader", "1 on the leading replica, 0 on a standby.", leads),
            ("easymlops_queue_depth", "Keys waiting in the work queue.", self._queue.depth),
            (
                "easymlops_queue_age_seconds",
                "Seconds that the oldest key has waited in the work queue.",
                self._queue.longest_wait(),
            ),
            (
                "easymlops_pass_age_seconds",
                "Seconds that the oldest pass in progress has been running.",
                self._queue.longest_run(),
            ),
            ("easymlops_loop_lag_seconds", "Delay of the event loop in seconds.", self._health.loop_lag),
        ):
            yield GaugeMetricFamily(name, text, value=value)
        for name, text, seconds in (
            (
                "easymlops_watch_age_seconds",
                "Seconds since a watch last delivered an event.",
                self._health.watch_ages(),
            ),
            (
                "easymlops_watch_lag_seconds",
                "Seconds since a list found a change that the watch has not delivered yet; 0 if there is none.",
                self._health.watch_lags(),
            ),
        ):
            family = GaugeMetricFamily(name, text, labels=["kind"])
            for kind, value in seconds.items():
                family.add_metric([kind], value)
            yield family
