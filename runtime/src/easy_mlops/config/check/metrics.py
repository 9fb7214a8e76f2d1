"""Whether the metrics that have a limit exist: a misspelled name would otherwise never be judged."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from easy_mlops.config.base import step_of
from easy_mlops.config.errors import Problem
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.config.policy import THRESHOLD_STEP
from easy_mlops.rules.metrics import METRICS, ROLLING, is_known

_DECLARING: Final = ("metric_directions", "higher_is_better", "lower_is_better")
"""Keys that declare a metric of the user's own by its better side."""
_SIMILAR: Final = 0.6
_TYPO: Final = 0.8
"""Similarity (difflib) from which a name is treated as a misspelling even where other names may be logged."""


def check_metrics(section: ObservabilitySection, where: str, *, logs_others: bool) -> Iterator[Problem]:
    """Limits on metrics that are neither known nor declared in `metric_directions`.

    With `logs_others`, code outside of the pipeline may log any metric, as `log_metric` does: then only names that look
    like a misspelled metric are refused.
    """
    places = [(where, _maps(section))]
    for index, item in enumerate(section.steps or ()):
        step = step_of(item)
        if step.type == THRESHOLD_STEP:
            places.append((f"{where}.steps[{index}].params", step.params))
    declared = {name for _, place in places for key in _DECLARING for name in place.get(key) or ()}
    for path, place in places:
        for metric in place.get("metric_thresholds") or ():
            if message := _unknown(metric, declared, logs_others):
                yield Problem(f"{path}.metric_thresholds.{metric}", "UnknownField", message)
    for name, rule in section.rules.items():
        if message := _unknown(rule.metric or name, declared, logs_others):
            path = f"{where}.rules.{name}.metric" if rule.metric else f"{where}.rules.{name}"
            yield Problem(path, "UnknownField", message)


def _maps(section: ObservabilitySection) -> Mapping[str, Any]:
    return {name: getattr(section, name) for name in ("metric_thresholds", *_DECLARING)}


def _unknown(metric: str, declared: set[str], logs_others: bool) -> str:
    """What is wrong with the name of a metric; empty if nothing is."""
    if is_known(metric) or metric in declared:
        return ""
    near = _nearest(metric, _TYPO if logs_others else _SIMILAR)
    if not near and logs_others:
        return ""
    near = near or _of_part(metric)
    hint = f"did you mean {near!r}?" if near else f"known are {', '.join(sorted(METRICS))}, and {ROLLING}NAME."
    return f"unknown metric {metric!r}; {hint} A metric of your own is declared in metric_directions"


def _nearest(metric: str, cutoff: float) -> str:
    rolling = [ROLLING + row.name for row in METRICS.values() if row.reported_by]
    known = [*sorted(METRICS), *(rolling if metric.startswith(ROLLING[:4]) else ())]
    return next(iter(difflib.get_close_matches(metric.lower(), known, n=1, cutoff=cutoff)), "")


def _of_part(metric: str) -> str:
    """The known name of which this is the first or the last part, such as `f1` of `f1_score`."""
    ends = ((name, name.partition("_")[0], name.rpartition("_")[2]) for name in METRICS)
    return next((name for name, *parts in ends if metric.lower() in parts), "")
