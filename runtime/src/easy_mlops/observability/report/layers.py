"""The four layers and the runbook, as rows that every format of the report shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final, get_args

from easy_mlops.config.runbook import RunbookSection
from easy_mlops.observability.measurements import Measurement
from easy_mlops.rules.judge import Verdict
from easy_mlops.rules.metrics import Layer

LAYERS_HEAD: Final = ("Layer", "Verdict", "Metrics")
RUNBOOK_HEAD: Final = ("Item", "Details")
_MOST: Final = 8
"""Metrics that are listed per layer; the table of thresholds has all."""
_ORDER: Final = ("Firing", "NoData", "OK", "NoRule")


def layer_rows(evaluations: Sequence[Verdict], measured: Sequence[Measurement]) -> list[tuple[str, str, str]]:
    """A row for each of the four layers: the states of its rules, and its metrics, the worst first."""
    logged = {item.name: item.layer for item in measured}
    rows = []
    for layer in get_args(Layer):
        own = [item for item in evaluations if (logged.get(item.metric) or item.layer) == layer]
        own.sort(key=lambda item: _ORDER.index(item.state))
        more = f" and {len(own) - _MOST} more" if len(own) > _MOST else ""
        states = Counter(item.state for item in own)
        verdict = ", ".join(f"{states[state]} {state}" for state in _ORDER if states[state])
        named = ", ".join(f"{item.name} {_figure(item.value)}" for item in own[:_MOST])
        rows.append((layer.capitalize(), verdict or "–", f"{named}{more}" if named else "no metrics"))
    return rows


def runbook_rows(runbook: RunbookSection, now: datetime) -> list[tuple[str, str]]:
    """The entries of the runbook as pairs of name and text; empty for an empty runbook."""
    rows = [
        ("Runbook", runbook.url),
        ("Owner", runbook.owner),
        *(("On call", contact) for contact in runbook.contacts),
        ("Escalation", runbook.escalation),
        *((f"Step {number}", step) for number, step in enumerate(runbook.remediation, start=1)),
    ]
    for window in runbook.suppression_windows:
        until = window.period.until(now)
        state = "" if until is None else f", active until {until:%Y-%m-%d %H:%M}Z"
        rows.append(("Suppression", f"{window.text}{state}"))
    return [(name, text) for name, text in rows if text]


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
