"""When the evaluations in status are renewed: immediately on a transition, otherwise rarely and only if values moved.

A thousand resources with ever-moving latencies must not become a thousand writes every ten seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from easy_mlops_operator.api.status import Evaluation

INTERVAL: Final = timedelta(minutes=5)
MOVED: Final = 0.05
"""Share of the previous value by which a value has to change before status is written."""


def is_due(previous: Sequence[Evaluation], fresh: Sequence[Evaluation], last: datetime | None, now: datetime) -> bool:
    """Whether `fresh` should replace the `previous` evaluations, which were written at `last`."""
    if [_key(item) for item in previous] != [_key(item) for item in fresh]:
        return True
    if last is None or now - last < INTERVAL:
        return False
    return any(_moved(old, new) for old, new in zip(previous, fresh, strict=True))


def _key(item: Evaluation) -> tuple[Any, ...]:
    """What makes a transition when it changes: the state, the rule, and a held-out value, which only a run changes."""
    fixed = item.value if item.window is None else None
    threshold = item.threshold if item.from_reference is None else None  # that follows the number of rows
    limit = (item.op, threshold, item.from_reference, item.low, item.high, item.column, item.runbook)
    window = (item.suppressed_by, item.suppressed_until)
    held = item.reason if item.state == "Firing" else None  # it fires without data, or has data again
    return (item.name, item.layer, item.state, held, *limit, *window, item.source, item.severity, item.window, fixed)


def _moved(old: Evaluation, new: Evaluation) -> bool:
    if old.value is None or new.value is None:
        return (old.value, old.reason) != (new.value, new.reason)
    before, after = float(old.value), float(new.value)
    return abs(after - before) > MOVED * abs(before)
