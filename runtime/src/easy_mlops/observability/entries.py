"""Log entries as the library shows them, and the records that the segments keep of them.

An entry is `{timestamp, model_version, metrics}` or `{timestamp, model_version, prediction, metadata}`. A record has
`ts` instead of `timestamp`, and a unique `id`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import orjson

_STRICT: Final = (
    orjson.OPT_SERIALIZE_NUMPY
    | orjson.OPT_NON_STR_KEYS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
)
_INTEGERS: Final = range(-(2**63), 2**64)
"""The range of integers in JSON; a number outside it is written as text."""


def check_json(value: Any, what: str) -> None:
    """Raise `TypeError`, naming `what`, if the value cannot be JSON; numpy numbers and arrays can."""
    try:
        orjson.dumps(value, option=_STRICT)
    except TypeError as error:
        raise TypeError(f"{what} cannot be JSON: {error}") from error


def scalar(prediction: Any) -> bool | int | float | str | None:
    """The prediction as one JSON value: numpy scalars become numbers, anything that is not a scalar becomes text."""
    if type(prediction).__module__ == "numpy" and getattr(prediction, "ndim", None) == 0:
        prediction = prediction.item()
    if isinstance(prediction, int) and not isinstance(prediction, bool) and prediction not in _INTEGERS:
        return str(prediction)
    if prediction is None or isinstance(prediction, bool | int | float | str):
        return prediction
    return str(prediction)


def metrics_entry(record: Mapping[str, Any]) -> dict[str, Any]:
    """The entry for a record of metrics."""
    return {
        "timestamp": record.get("ts"),
        "model_version": record.get("model_version"),
        "metrics": record.get("metrics") or {},
    }


def prediction_entry(record: Mapping[str, Any]) -> dict[str, Any]:
    """The entry for a record of a prediction; what a scoring pod adds (score, latency, inputs) is metadata."""
    known = ("ts", "model_version", "prediction")
    metadata = record["metadata"] if "metadata" in record else {k: v for k, v in record.items() if k not in known}
    return {
        "timestamp": record.get("ts"),
        "model_version": record.get("model_version"),
        "prediction": record.get("prediction"),
        "metadata": metadata or {},
    }


def record_of(entry: Mapping[str, Any], identity: str) -> dict[str, Any]:
    """The record for an entry of release 0.4, which had neither `id` nor segments."""
    rest = {key: value for key, value in entry.items() if key != "timestamp"}
    return {"id": identity, "ts": str(entry.get("timestamp") or ""), **rest}


def number(value: Any) -> float | None:
    """A metric's value, or None when it is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
