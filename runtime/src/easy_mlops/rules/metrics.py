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
Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class Metric:
    """A metric: its layer, the side that is better, its unit, and how much data it needs.

    `better` is None where the configuration has to declare it. With fewer samples than `min_samples` the value mostly
    shows chance. `by_column`: measured for each column, and the worst one counts. `by_chance`: its distribution without
    drift is known, so that a limit can follow from the number of rows. `reported_by` is the kind of model whose run
    measures it on the held-out rows.
    """

    name: str
    layer: Layer
    better: Direction | None = None
    unit: str = "share"
    min_samples: int = 1
    by_column: bool = False
    by_chance: bool = False
    reported_by: Task | None = None

    @property
    def is_bounded(self) -> bool:
        """Whether its values are between 0 and 1, so that one limit can suit every model."""
        return self.unit in ("share", "0 to 1", "0 or 1")


_TABLE: Final = (
    Metric("accuracy", "model", "higher", reported_by="classification"),
    Metric("precision", "model", "higher", reported_by="classification"),
    Metric("recall", "model", "higher", reported_by="classification"),
    Metric("f1_score", "model", "higher", "0 to 1", reported_by="classification"),
    Metric("roc_auc", "model", "higher", "0 to 1", reported_by="classification"),
    Metric("log_loss", "model", "lower", "nats", reported_by="classification"),
    Metric("r2_score", "model", "higher", "up to 1", reported_by="regression"),
    Metric("mae", "model", "lower", "target's unit", reported_by="regression"),
    Metric("rmse", "model", "lower", "target's unit", reported_by="regression"),
    Metric("mse", "model", "lower", "target's unit, squared", reported_by="regression"),
    Metric("cv_mean", "model", unit="that of accuracy or r2_score"),
    Metric("cv_std", "model", unit="that of cv_mean"),
    Metric("calibration_slope", "model", unit="ratio"),
    Metric("row_count", "data", unit="rows"),
    Metric("null_rate", "data", "lower", by_column=True),
    Metric("psi", "data", "lower", "index", min_samples=500, by_column=True, by_chance=True),
    Metric("feature_mean_shift", "data", "lower", "standard deviations", min_samples=100, by_column=True),
    Metric("unseen_category_rate", "data", "lower", by_column=True),
    Metric("schema_hash_mismatch", "data", "lower", "0 or 1"),
    Metric("freshness_minutes", "data", "lower", unit="minutes"),
    Metric("request_count", "system", unit="requests"),
    Metric("error_rate", "system", "lower"),
    Metric("rejected_rate", "system", "lower"),
    Metric("availability", "system", "higher"),
    Metric("p50_latency_ms", "system", "lower", "milliseconds"),
    Metric("p95_latency_ms", "system", "lower", "milliseconds"),
    Metric("p99_latency_ms", "system", "lower", "milliseconds"),
    Metric("job_success", "system", "higher", unit="0 or 1"),
    Metric("approval_rate", "business"),
    Metric("bad_rate", "business", "lower"),
    Metric("revenue_per_decision", "business", "higher", unit="currency"),
)

METRICS: Final[Mapping[str, Metric]] = {row.name: row for row in _TABLE}
"""The known metrics by name; `metric_of` also describes the others."""

COLUMN_METRICS: Final = tuple(row.name for row in _TABLE if row.by_column)
CHANCE_METRICS: Final = tuple(row.name for row in _TABLE if row.by_chance)
ROLLING: Final = "rolling_"
"""Before the name of a metric on held-out rows: the same metric on the latest labelled predictions."""

_SHARES: Final = frozenset({"accuracy", "auc", "precision", "recall", "f1", "rate", "share", "fraction"})
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


def is_known(name: str) -> bool:
    """Whether the table has the metric, or the one that a `rolling_` metric is computed like."""
    if name in METRICS:
        return True
    row = METRICS.get(name.removeprefix(ROLLING))
    return row is not None and row.reported_by is not None


def is_spread_or_count(name: str) -> bool:
    """Whether a metric is a spread or a count by its name, to which no default limit applies."""
    tokens = _tokens(name)
    return bool(tokens) and (tokens[-1] in {"std", "count"} or tokens[0] == "n")


@lru_cache(maxsize=1024)
def _by_name(name: str) -> Metric:
    unit = "share" if _is_share(_tokens(name)) else ""
    return Metric(name, "system" if name.endswith("_latency_ms") else "model", _better_by_name(name), unit)


def _is_share(tokens: list[str]) -> bool:
    return bool(tokens) and (tokens[-1] in _SHARES or tokens[-2:] == ["f1", "score"])


def _better_by_name(name: str) -> Direction | None:
    tokens = _tokens(name)
    if not tokens:
        return None
    if tokens[-1] in _HIGHER or tokens[-2:] in (["f1", "score"], ["r2", "score"]):
        return "higher"
    return "lower" if _LOWER.intersection(tokens) else None


def _tokens(name: str) -> list[str]:
    return [token for token in re.split(r"[^a-z0-9]+", name.lower()) if token]
