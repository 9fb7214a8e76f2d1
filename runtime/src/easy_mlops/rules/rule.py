"""A rule as it applies to a metric, wherever its limit is written: when it fires, and its limit as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

Op = Literal[">", ">=", "<", "<=", "==", "!=", "outside"]
NoDataPolicy = Literal["unknown", "ok", "alert", "keep_last"]
Severity = Literal["info", "warning", "critical"]
WindowName = Literal["1m", "5m", "1h"]
Source = Literal["rules", "steps", "metric_thresholds", "default_threshold", "alert_threshold", "default"]
"""Where a limit is written; `default` is the built-in 0.8, of metrics between 0 and 1 without any."""

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
    """A rule on `metric`: it fires when `value op threshold`, or, with `outside`, below `low` and above `high`.

    `name` is the rule's own name, or the metric's when the limit is not from `rules`. `threshold` is None with
    `outside`, when it is `ratio` times a reference that is not known, and when it is the limit that is exceeded by
    chance with probability `alpha`, which depends on the rows that are judged (`at` sets it).
    """

    name: str
    metric: str
    op: Op
    threshold: float | None
    source: Source
    severity: Severity = "warning"
    column: str | None = None
    window: WindowName = "5m"
    min_samples: int = 1
    low: float | None = None
    high: float | None = None
    ratio: float | None = None
    alpha: float | None = None
    no_data: NoDataPolicy = "unknown"
    runbook: str = ""

    @property
    def limit_is_computed(self) -> bool:
        """Whether the limit follows from a reference instead of being written as a number."""
        return self.ratio is not None or self.alpha is not None

    @property
    def lacks_reference(self) -> bool:
        """Whether the limit follows from a reference that is not known."""
        return self.limit_is_computed and self.threshold is None

    @property
    def limits(self) -> tuple[float, ...]:
        """The numbers that a value is compared with."""
        return tuple(limit for limit in (self.threshold, self.low, self.high) if limit is not None)

    def at(self, limit: float | None) -> EffectiveRule:
        """The rule with the limit for the rows that are judged; the rule itself when there is none."""
        return self if limit is None else replace(self, threshold=limit)

    def fires(self, value: float) -> bool:
        """Whether a value, which is a number, breaks the rule; at the limit itself `op` is literal.

        Raises `ValueError` when the limit follows from a reference that is not known.
        """
        if self.low is not None and self.high is not None:
            return value < self.low or value > self.high
        if self.threshold is None:
            raise ValueError(f"rule {self.name!r} is relative to a reference of {self.metric}, and none is known")
        return _COMPARE[self.op](value, self.threshold)

    def limit_text(self, number: Callable[[float], str]) -> str:
        """The limit, with numbers written by `number`: `> 0.12`, `outside 0.1 to 0.9`, `> 0.2 (2 × reference)`."""
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
    """A metric without a rule, and why; `name` is the metric's, unless a rule already has that name.

    `has_limit` where a limit is written for it that cannot be applied.
    """

    name: str
    metric: str
    reason: str
    has_limit: bool = False
