"""Metrics about the ModelDeployments, as their statuses say; values of rules are those of the latest pass.

A scrape must not hold up the event loop: reading thousands of statuses and formatting tens of thousands of samples
takes most of a second. The samples of a resource are therefore rendered once for each version of it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from easy_mlops_operator.api.status import Evaluation, Status
from easy_mlops_operator.controller.kinds import Key
from easy_mlops_operator.controller.store import Store, StoredObject

_GAUGES: Final = {
    "easymlops_modeldeployment_condition": "1 for the current status and reason of a condition of a ModelDeployment.",
    "easymlops_serving_replicas": "Desired and ready scoring pods.",
    "easymlops_rule_value": "Value that a rule judged.",
    "easymlops_rule_threshold": "Limit of a rule; a rule with two bounds has a sample for each.",
    "easymlops_rule_firing": "1 while a rule fires.",
    "easymlops_rule_suppressed": "1 while a rule fires in a suppression window, so that nobody is notified.",
    "easymlops_rule_no_data": "1 while a rule has no data to judge.",
}


@dataclass(frozen=True)
class _Rendered:
    """One version of a resource: its phase, and its samples as text, in the order of `_GAUGES`."""

    version: int
    phase: str
    samples: tuple[bytes, ...]


class Fleet:
    """The gauges of all resources of a store, in pieces: for a large fleet they are some ten megabytes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rendered: dict[Key, _Rendered] = {}
        self._latest: dict[Key, tuple[Evaluation, ...]] = {}

    def show(self, key: Key, evaluations: tuple[Evaluation, ...]) -> None:
        """Show these evaluations of a resource instead of those in its status; none to show those again."""
        if evaluations != self._latest.get(key, ()):
            self._rendered.pop(key, None)
        if evaluations:
            self._latest[key] = evaluations
        else:
            self._latest.pop(key, None)

    def render(self) -> Iterator[bytes]:
        """Render the gauges in Prometheus' text format (exposition formats, version 0.0.4)."""
        resources = ((key, self._store.stored(key)) for key in self._store.resources())
        self._rendered = {key: self._render(key, stored) for key, stored in resources if stored is not None}
        phases = GaugeMetricFamily("easymlops_resources", "ModelDeployments by phase.")
        for phase, count in sorted(Counter(each.phase for each in self._rendered.values()).items()):
            phases.add_sample(phases.name, {"phase": phase}, count)
        yield _text([phases])
        for index, heading in enumerate(_HEADINGS):
            yield heading
            yield from (each.samples[index] for each in self._rendered.values())

    def _render(self, key: Key, stored: StoredObject) -> _Rendered:
        cached = self._rendered.get(key)
        if cached is not None and cached.version == stored.version:
            return cached
        status = Status.read(stored.read().get("status"))
        if key in self._latest:
            status = status.model_copy(update={"evaluations": self._latest[key]})
        families = {family.name: family for family in _families()}
        for name, value, labels in _samples(key, status):
            families[name].add_sample(name, labels, value)
        return _Rendered(stored.version, status.phase, _split(_text(families.values())))


def _families() -> list[GaugeMetricFamily]:
    """The gauges without a sample."""
    return [GaugeMetricFamily(name, text) for name, text in _GAUGES.items()]


class _StaticCollector(Collector):
    """Collects metrics that already have their samples."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _text(families: Iterable[Metric]) -> bytes:
    """Metrics as prometheus-client writes them."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_StaticCollector(families))
    return generate_latest(registry)


_HEADINGS: Final = tuple(_text([family]) for family in _families())
"""The lines that precede the samples of each gauge: its help and its type."""


def _split(text: bytes) -> tuple[bytes, ...]:
    """The samples of each gauge, from the text of all of them."""
    samples = []
    for heading in reversed(_HEADINGS):
        text, _, each = text.rpartition(heading)
        samples.append(each)
    return tuple(reversed(samples))


_Sample = tuple[str, float, dict[str, str]]
"""Name of a metric, value, labels."""


def _samples(key: Key, status: Status) -> Iterator[_Sample]:
    """All samples of a resource."""
    resource = {"namespace": key.namespace, "name": key.name}
    for condition in status.conditions:
        labels = {"condition": condition.type, "status": condition.status, "reason": condition.reason}
        yield "easymlops_modeldeployment_condition", 1, resource | labels
    if status.serving is not None:
        pods = {"desired": status.serving.desired_replicas, "ready": status.serving.ready_replicas}
        for state, count in pods.items():
            yield "easymlops_serving_replicas", count, resource | {"state": state}
    for evaluation in status.evaluations:
        yield from _of_rule(resource, evaluation)


def _of_rule(resource: dict[str, str], evaluation: Evaluation) -> Iterator[_Sample]:
    rule = {**resource, "rule": evaluation.name}
    numbers: tuple[tuple[str, str | None, dict[str, str]], ...] = (
        ("easymlops_rule_value", evaluation.value, {}),
        ("easymlops_rule_threshold", evaluation.threshold, {}),
        ("easymlops_rule_threshold", evaluation.low, {"bound": "low"}),
        ("easymlops_rule_threshold", evaluation.high, {"bound": "high"}),
    )
    for name, text, bound in numbers:
        if (number := _number(text)) is not None:
            yield name, number, rule | bound
    if evaluation.state != "NoRule":
        severity = {"severity": evaluation.severity or "warning"}
        yield "easymlops_rule_firing", evaluation.state == "Firing", rule | severity
        yield "easymlops_rule_suppressed", bool(evaluation.suppressed), rule | severity
        yield "easymlops_rule_no_data", evaluation.state == "NoData", rule | severity


def _number(text: str | None) -> float | None:
    """A decimal of the status; None unless it is a finite number."""
    try:
        value = float(text or "nan")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
