"""Figures of scoring pods, as tests of rules need them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from easy_mlops.monitoring.sketch import Sketch
from easy_mlops.monitoring.summary import WINDOWS, Summary, Window


def window(
    requests: int = 0, errors: int = 0, nulls: Mapping[str, int] | None = None, latencies: Iterable[float] = (),
    rows: int | None = None, rejected: int = 0,
) -> Window:  # fmt: skip
    """One window; a row for each request unless given otherwise."""
    sketch = Sketch()
    for latency in latencies:
        sketch.add(latency)
    return Window(
        requests=requests,
        errors=errors,
        rejected=rejected,
        read=requests - rejected,
        rows=requests if rows is None else rows,
        nulls=dict(nulls or {}),
        latency_ms=sketch,
    )


def summary(digest: str, *, logged: int = 0, dropped: int = 0, failing: str = "", **counts: Any) -> Summary:
    """A summary whose windows are all alike."""
    windows = {name: window(**counts) for name in WINDOWS}
    return Summary(digest, "1.0.0", windows, logged=logged, dropped=dropped, failing=failing)
