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
"""The default rules of `check_threshold`; they may be changed."""


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
    """Append a row to a metrics file; any number of processes may write to the same file.

    Parameters
    ----------
    name : str
        The metric.
    value : float
        Its value.
    layer : {"data", "model", "system", "business"}
        The layer of the metric.
    model_version : str, default "v1"
        The model's version.
    window : str, default "1m"
        The time span that the value covers.
    path : str or path, optional
        The file; the default is `$EASY_MLOPS_METRICS`, else `metrics.csv` in the working directory, or
        `logs/metrics.csv` if the working directory is a deployment.
    **ctx : object
        The context, written as JSON.

    Returns
    -------
    list
        The row: time (UTC), name, value, layer, version, window, context.

    Raises
    ------
    ValueError
        If the layer is unknown or a name has a line break; nothing is written.
    TypeError
        If the context cannot be encoded as JSON; nothing is written.

    Examples
    --------
    >>> from easy_mlops.observability import log_metric
    >>> log_metric("p95_latency_ms", 180, layer="system", path="metrics.csv", pod="a")[1:]
    ['p95_latency_ms', 180.0, 'system', 'v1', '1m', '{"pod": "a"}']
    """
    if layer not in get_args(Layer):
        raise ValueError(f"unknown layer {layer!r}; layers are {', '.join(get_args(Layer))}")
    for what, text in (("name", name), ("model_version", model_version), ("window", window)):
        if not isinstance(text, str) or len(text.splitlines()) > 1 or text.endswith(("\n", "\r")):
            raise ValueError(f"{what} must be a text of one line, got {text!r}")
    ts = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    row = [ts, name, float(value), layer, model_version, window, json.dumps(ctx, default=_to_json)]
    _append(Path(path or os.environ.get(METRICS_ENV) or _here()), row)
    return row


def check_threshold(
    name: str,
    value: float,
    rules: Mapping[str, Mapping[str, Any]] | None = None,
    reference: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Compare a value with the rule of its metric.

    A value that equals the limit is an alert, whatever the operator; so is NaN.

    Parameters
    ----------
    name : str
        The metric.
    value : float
        Its value.
    rules : mapping, optional
        The rules by metric; the default is `RULES`. A rule is `{op, value}`, `{op: "outside", low, high}`, or
        `{ratio_to_reference}`, with an `op` unless the name of the metric implies which side is worse.
    reference : mapping of str to float, optional
        The values that `ratio_to_reference` multiplies.

    Returns
    -------
    dict
        `status`, `ok` or `alert`, and the `rule` if the metric has one.

    Raises
    ------
    TypeError
        If the value is not a number.
    ValueError
        If the rule is not valid.

    Examples
    --------
    >>> from easy_mlops.observability import check_threshold
    >>> check_threshold("rolling_mae", 0.15)["status"]
    'alert'
    >>> check_threshold("anything_else", 1.0)
    {'status': 'ok'}
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
    """The file in the working directory; in a deployment, in its logs, since another file would break the checksums."""
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


def _to_json(value: Any) -> Any:
    """numpy's numbers as numbers; json calls this for every type that it does not know."""
    if type(value).__module__ == "numpy":
        return value.tolist()
    raise TypeError(f"context cannot be JSON: {type(value).__name__}")
