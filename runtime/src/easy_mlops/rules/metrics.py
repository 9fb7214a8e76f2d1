"""The table of metrics: one row holds everything about a metric that is not its formula.

The formulas are in `easy_mlops.monitoring`: `bins.BY_COLUMN` for a column against its reference, `figures.LIVE` for
everything else that scoring pods count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

Layer = Literal["data", "model", "system", "business"]
Direction = Literal["higher", "lower"]
"""The side of a metric that is better."""


@dataclass(frozen=True)
class Metric:
    """A metric: its layer, the side that is better, its unit, and how much data it needs.

    `better` is None where the configuration has to declare it. With fewer samples than `min_samples` the value mostly
    shows chance. `by_column`: measured for each column, and the worst one counts. `by_chance`: its distribution without
    drift is known, so that a limit can follow from the number of rows.
    """

    name: str
    layer: Layer
    better: Direction | None = None
    unit: str = "share"
    min_samples: int = 1
    by_column: bool = False
    by_chance: bool = False


_TABLE: Final = (
    Metric("row_count", "data", unit="rows"),
    Metric("null_rate", "data", "lower", by_column=True),
    Metric("psi", "data", "lower", "index", min_samples=500, by_column=True, by_chance=True),
    Metric("feature_mean_shift", "data", "lower", "standard deviations", min_samples=100, by_column=True),
    Metric("unseen_category_rate", "data", "lower", by_column=True),
    Metric("schema_hash_mismatch", "data", "lower", "0 or 1"),
    Metric("freshness_minutes", "data", unit="minutes"),
    Metric("request_count", "system", unit="requests"),
    Metric("error_rate", "system", "lower"),
    Metric("availability", "system"),
    Metric("p50_latency_ms", "system", "lower", "milliseconds"),
    Metric("p95_latency_ms", "system", "lower", "milliseconds"),
    Metric("p99_latency_ms", "system", "lower", "milliseconds"),
    Metric("job_success", "system", unit="0 or 1"),
    Metric("approval_rate", "business"),
    Metric("bad_rate", "business", "lower"),
    Metric("revenue_per_decision", "business", unit="currency"),
)

METRICS: Final[Mapping[str, Metric]] = {row.name: row for row in _TABLE}
"""The known metrics by name; `metric_of` also describes the others."""

COLUMN_METRICS: Final = tuple(row.name for row in _TABLE if row.by_column)
CHANCE_METRICS: Final = tuple(row.name for row in _TABLE if row.by_chance)

_HIGHER: Final = frozenset({"accuracy", "auc", "precision", "recall", "f1", "r2"})
_LOWER: Final = frozenset(
    {"mae", "mse", "rmse", "mape", "loss", "error", "latency", "null", "drift", "psi", "bad"}
    | {"shift", "unseen", "mismatch"}
)


def metric_of(name: str) -> Metric:
    """The row of a metric; for a name that is not in the table, what the name suggests.

    Examples
    --------
    >>> metric_of("revenue_per_decision").layer
    'business'
    >>> metric_of("rolling_mae").better
    'lower'
    """
    return METRICS.get(name) or _by_name(name)


def is_spread_or_count(name: str) -> bool:
    """Whether a metric is a spread or a count by its name, to which no default limit applies."""
    tokens = _tokens(name)
    return bool(tokens) and (tokens[-1] in {"std", "count"} or tokens[0] == "n")


@lru_cache(maxsize=1024)
def _by_name(name: str) -> Metric:
    return Metric(name, "system" if name.endswith("_latency_ms") else "model", _better_by_name(name), unit="")


def _better_by_name(name: str) -> Direction | None:
    tokens = _tokens(name)
    if not tokens:
        return None
    if tokens[-1] in _HIGHER or tokens[-2:] in (["f1", "score"], ["r2", "score"]):
        return "higher"
    return "lower" if _LOWER.intersection(tokens) else None


def _tokens(name: str) -> list[str]:
    return [token for token in re.split(r"[^a-z0-9]+", name.lower()) if token]
