"""One rule as it goes for a metric, wherever its limit is written: when it fires, and its limit in words. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from easy_mlops.config.observability import NoDataPolicy, Op, Severity

Source = Literal["rules", "steps", "metric_thresholds", "default_threshold", "alert_threshold", "default"]
"""Where a limit is written; `default` is the built-in 0.8 that applies when nothing is."""

_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    "==": lambda value, limit: value == limit,
    "!=": lambda value, limit: value != limit,
}


@dataclass(frozen=True)
class EffectiveRule:
    """An alert that applies to `metric`: it fires when `value op threshold`, or outside of `low` to `high`.

    `name` is the rule's own name, or the metric's when the limit is not from `rules`. `threshold` is None for
    `outside`, where it is `ratio` times a reference that is not known, and where it is what chance exceeds with the
    probability `alpha`, which `at` knows for the rows that are judged. The rest is that of the `Rule` in the
    configuration, or its defaults.
    """

    name: str
    metric: str
    op: Op
    threshold: float | None
    source: Source
    severity: Severity = "warning"
    column: str | None = None
    window: Literal["1m", "5m", "1h"] = "5m"
    min_samples: int = 1
    low: float | None = None
    high: float | None = None
    ratio: float | None = None
    alpha: float | None = None
    no_data: NoDataPolicy = "unknown"
    runbook: str = ""

    @property
    def lacks_reference(self) -> bool:
        """Whether the limit follows from a reference that is not known."""
        return (self.ratio is not None or self.alpha is not None) and self.threshold is None

    def at(self, limit: float | None) -> EffectiveRule:
        """The rule with the limit that follows from the rows that are judged; the rule itself without one."""
        return self if limit is None else replace(self, threshold=limit)

    def fires(self, value: float) -> bool:
        """Whether the value, which is a number, is an alert; at the limit itself `op` is literal.

        Raises `ValueError` when the limit is a multiple of a reference that is not known.
        """
        if self.low is not None and self.high is not None:
            return value < self.low or value > self.high
        if self.threshold is None:
            raise ValueError(f"rule {self.name!r} is relative to a reference of {self.metric}, and none is known")
        return _COMPARE[self.op](value, self.threshold)

    def limit_text(self, number: Callable[[float], str]) -> str:
        """The limit in words, numbers written by `number`: `> 0.12`, `outside 0.1 to 0.9`, `> 2 × reference`."""
        if self.low is not None and self.high is not None:
            return f"outside {number(self.low)} to {number(self.high)}"
        relative = "" if self.ratio is None else f"{number(self.ratio)} × reference"
        if self.alpha is not None:
            relative = f"by chance, α = {number(self.alpha)}"
        if self.threshold is None:
            return f"{self.op} {relative}"
        return f"{self.op} {number(self.threshold)}" + (f" ({relative})" if relative else "")


@dataclass(frozen=True)
class NoRule:
    """A metric that nothing judges, and why."""

    metric: str
    reason: str

    @property
    def name(self) -> str:
        """The metric's name, as for a rule."""
        return self.metric
