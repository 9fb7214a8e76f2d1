"""What Prometheus is told about the ModelDeployments, as their statuses stand.

A scrape must not hold up the event loop: the lines of a resource are written once for each version of it, since
reading thousands of statuses and formatting tens of thousands of samples takes most of a second.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from easy_mlops_operator.api.status import Evaluation, Status
from easy_mlops_operator.controller.kinds import Key
from easy_mlops_operator.controller.store import Kept, Store

_GAUGES: Final = {
    "easymlops_modeldeployment_condition": "1 for what a condition of a ModelDeployment says now.",
    "easymlops_serving_replicas": "Scoring pods that are desired, and that are ready.",
    "easymlops_rule_value": "Value that a rule judged.",
    "easymlops_rule_threshold": "Limit of a rule; of one with two ends, a sample for each bound.",
    "easymlops_rule_firing": "1 while a rule fires.",
    "easymlops_rule_suppressed": "1 while a rule fires in a suppression window, so that nobody is to be called.",
    "easymlops_rule_no_data": "1 while a rule has no data to judge.",
}


@dataclass(frozen=True)
class _Told:
    """What there is to tell about one version of a resource: its samples, a text for each gauge in order."""

    version: int
    phase: str
    samples: tuple[bytes, ...]


class Fleet:
    """The text of the gauges of all resources of a store, in pieces: for a large fleet it is some ten megabytes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told: dict[Key, _Told] = {}

    def render(self) -> Iterator[bytes]:
        """Gauges in Prometheus' text format (exposition formats, version 0.0.4)."""
        resources = ((key, self._store.kept(key)) for key in self._store.resources())
        self._told = {key: self._tell(key, kept) for key, kept in resources if kept is not None}
        phases = Counter(told.phase for told in self._told.values())
        yield _heading("easymlops_resources", "ModelDeployments by phase.")
        for phase, count in sorted(phases.items()):
            yield _sample("easymlops_resources", count, phase=phase).encode()
        for index, (name, text) in enumerate(_GAUGES.items()):
            yield _heading(name, text)
            yield from (told.samples[index] for told in self._told.values())

    def _tell(self, key: Key, kept: Kept) -> _Told:
        known = self._told.get(key)
        if known is not None and known.version == kept.version:
            return known
        status = Status.read(kept.read().get("status"))
        samples = dict.fromkeys(_GAUGES, "")
        for name, sample in _samples(key, status):
            samples[name] += sample
        return _Told(kept.version, status.phase, tuple(text.encode() for text in samples.values()))


def _samples(key: Key, status: Status) -> Iterator[tuple[str, str]]:
    """All samples of a resource, each after the name of its metric."""
    whose = {"namespace": key.namespace, "name": key.name}
    for condition in status.conditions:
        said = {"condition": condition.type, "status": condition.status, "reason": condition.reason}
        name = "easymlops_modeldeployment_condition"
        yield name, _sample(name, 1, **whose, **said)
    if status.serving is not None:
        pods = {"desired": status.serving.desired_replicas, "ready": status.serving.ready_replicas}
        for state, count in pods.items():
            name = "easymlops_serving_replicas"
            yield name, _sample(name, count, **whose, state=state)
    for evaluation in status.evaluations:
        yield from _of_rule(whose, evaluation)


def _of_rule(whose: dict[str, str], evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    rule = {**whose, "rule": evaluation.name}
    numbers: tuple[tuple[str, str | None, dict[str, str]], ...] = (
        ("easymlops_rule_value", evaluation.value, {}),
        ("easymlops_rule_threshold", evaluation.threshold, {}),
        ("easymlops_rule_threshold", evaluation.low, {"bound": "low"}),
        ("easymlops_rule_threshold", evaluation.high, {"bound": "high"}),
    )
    for name, text, bound in numbers:
        if (number := _number(text)) is not None:
            yield name, _sample(name, number, **rule, **bound)
    if evaluation.state != "NoRule":
        severity = evaluation.severity or "warning"
        for name, holds in (
            ("easymlops_rule_firing", evaluation.state == "Firing"),
            ("easymlops_rule_suppressed", bool(evaluation.suppressed)),
            ("easymlops_rule_no_data", evaluation.state == "NoData"),
        ):
            yield name, _sample(name, holds, **rule, severity=severity)


def _heading(name: str, text: str) -> bytes:
    return f"# HELP {name} {text}\n# TYPE {name} gauge\n".encode()


def _sample(name: str, value: float, /, **labels: str) -> str:
    inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{inside}}} {float(value)!r}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(text: str | None) -> float | None:
    """A decimal of the status; none when it is no finite number, which Python writes in another way."""
    try:
        value = float(text or "nan")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
