"""The notebook's two functions: a metric is a row of `metrics.csv`, a rule is a small dict."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args

from easy_mlops.contract import LOGS_DIRECTORY, SUMS_FILE
from easy_mlops.rules.metrics import Layer, metric_of
from easy_mlops.rules.precedence import reference_of

COLUMNS: Final = ("ts", "name", "value", "layer", "model_version", "window", "context")
METRICS_FILE: Final = "metrics.csv"
METRICS_ENV: Final = "EASY_MLOPS_METRICS"
"""Environment variable with the path of the CSV file."""

RULES: dict[str, dict[str, Any]] = {
    "rolling_mae": {"op": ">", "value": 0.12, "severity": "warning"},
    "p95_latency_ms": {"op": ">", "value": 250, "severity": "warning"},
}
"""The rules of `check_threshold` when it is given none; change them as you like."""


def log_metric(
    name: str,
    value: float,
    *,
    layer: Layer,
    model_version: str = "v1",
    window: str = "1m",
    path: str | os.PathLike[str] | None = None,
    **ctx: Any,
) -> list[Any]:
    """Append a row to a metrics file, and return it: time (UTC), name, value, layer, version, window, context (JSON).

    The file is `path`, else `$EASY_MLOPS_METRICS`, else `metrics.csv` in the working directory; where that is a
    deployment, `logs/metrics.csv`. Any number of processes may write to it; the header is written once. Raises
    `ValueError` for an unknown layer or a line break in a name, and `TypeError` for a context that cannot be JSON,
    before anything is written.
    """
    if layer not in get_args(Layer):
        raise ValueError(f"unknown layer {layer!r}; layers are {', '.join(get_args(Layer))}")
    for what, text in (("name", name), ("model_version", model_version), ("window", window)):
        if not isinstance(text, str) or len(text.splitlines()) > 1 or text.endswith(("\n", "\r")):
            raise ValueError(f"{what} must be a text of one line, got {text!r}")
    ts = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    row = [ts, name, float(value), layer, model_version, window, json.dumps(ctx, default=_plain)]
    _append(Path(path or os.environ.get(METRICS_ENV) or _here()), row)
    return row


def check_threshold(
    name: str,
    value: float,
    rules: Mapping[str, Mapping[str, Any]] | None = None,
    reference: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """`{"status": "ok"}` for a metric without a rule, else also the rule, and `alert` where it is broken.

    A rule is `{op, value}`, `{op: "outside", low, high}`, or `{ratio_to_reference}` times the metric's value in
    `reference`, with an `op` unless the name tells which side is worse. As in the notebook, a value that equals the
    limit is an alert, whatever the operator; so is NaN. Raises `TypeError` for a text or None, `ValueError` for a rule
    that cannot be understood.
    """
    rule = (RULES if rules is None else rules).get(name)
    if not rule:
        return {"status": "ok"}
    return {"status": "ok" if _within(value, rule, name, reference or {}) else "alert", "rule": rule}


def _within(value: float, rule: Mapping[str, Any], name: str, reference: Mapping[str, float]) -> bool:
    op, limit = rule.get("op"), rule.get("value")
    low, high, ratio = rule.get("low"), rule.get("high"), rule.get("ratio_to_reference")
    if op == "outside" and isinstance(low, int | float) and isinstance(high, int | float):
        return low < value < high
    if isinstance(ratio, int | float):
        known = reference_of(name, reference)
        if known is None:
            raise ValueError(f"the rule of {name} is relative to a reference, and none of it is known")
        limit = ratio * known
        op = op or {"higher": "<", "lower": ">"}.get(metric_of(name).better or "")
    if isinstance(limit, int | float):
        if op in (">", ">="):
            return value < limit
        if op in ("<", "<="):
            return value > limit
    raise ValueError(
        f"the rule of {name} needs an 'op' (>, >=, <, <=, outside) and a numeric 'value', 'low' and 'high', "
        f"or 'ratio_to_reference', got {dict(rule)!r}"
    )


def _here() -> Path:
    """The file of the working directory; a deployment, where another file would break the checksums, has its logs."""
    return Path(LOGS_DIRECTORY, METRICS_FILE) if Path(SUMS_FILE).is_file() else Path(METRICS_FILE)


def _append(path: Path, row: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        size = os.fstat(file.fileno()).st_size
        torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
        rows = [row] if size else [COLUMNS, row]
        file.write(b"\r\n" * torn + _csv(rows))


def _csv(rows: list[Any]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _plain(value: Any) -> Any:
    """Numbers of numpy as numbers; json asks for everything that it does not know."""
    if type(value).__module__ == "numpy":
        return value.tolist()
    raise TypeError(f"context cannot be JSON: {type(value).__name__}")
