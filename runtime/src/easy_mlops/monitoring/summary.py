"""What a scoring pod reports at `GET /monitoring/v1/summary`, and how the reports of several pods are merged.

Compute at the edge, merge at the centre: a pod counts, the operator adds the counts of all pods and only then
divides, so that a rate is right however uneven the traffic is. The JSON comes from a tenant's pod and is therefore
checked and capped like any untrusted input.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from easy_mlops.monitoring.bins import ColumnCounts, Drift
from easy_mlops.monitoring.sketch import Sketch

SUMMARY_PATH: Final = "/monitoring/v1/summary"
SUMMARY_LIMIT: Final = 64 * 1024
"""Bytes of a summary; a larger one is rejected."""
WINDOWS: Final[Mapping[str, int]] = {"1m": 60, "5m": 300, "1h": 3600}
"""The windows of a pod, and their length in seconds."""
MAX_COLUMNS: Final = 256
MAX_BUCKETS: Final = 2500
MAX_BINS: Final = 64
NAME_LIMIT: Final = 253
"""Characters of a column's name; a column with a longer name is omitted."""
MAX_MISMATCHES: Final = 5
"""Columns that are named as not matching the model's schema; a client can invent any number."""
_MAX_COUNT: Final = 2**53


class SummaryError(ValueError):
    """A summary is not in the agreed format."""


@dataclass
class Window:
    """Counts over one window. `nulls` has every column of the model, in the model's order.

    `requests` counts requests for predictions, `errors` those of them that failed the caller: the model failed on all
    rows, or the request was refused by overload. `rejected` counts requests that were the caller's own mistake, and
    `read` those of which rows were read. `mismatches` counts, by column, requests that did not match the model's
    schema; `drift` has, by column, the counts of rows over the bins of the reference.
    """

    requests: int = 0
    errors: int = 0
    rejected: int = 0
    read: int = 0
    rows: int = 0
    nulls: dict[str, int] = field(default_factory=dict)
    latency_ms: Sketch = field(default_factory=Sketch)
    mismatches: dict[str, int] = field(default_factory=dict)
    drift: dict[str, ColumnCounts] = field(default_factory=dict)

    @property
    def asked(self) -> int:
        """Requests that the service had to answer with predictions."""
        return self.requests - self.rejected

    def add_mismatches(self, counts: Mapping[str, int]) -> None:
        """Add counts by column."""
        for column, count in counts.items():
            self.mismatches[column] = self.mismatches.get(column, 0) + count

    def merge(self, other: Window) -> None:
        """Add another window's counts to this one."""
        self.requests += other.requests
        self.errors += other.errors
        self.rejected += other.rejected
        self.read += other.read
        self.rows += other.rows
        for column, count in other.nulls.items():
            self.nulls[column] = self.nulls.get(column, 0) + count
        self.latency_ms.merge(other.latency_ms)
        self.add_mismatches(other.mismatches)
        for column, counts in other.drift.items():
            mine = self.drift.get(column)
            self.drift[column] = counts if mine is None else mine.plus(counts)


@dataclass
class Summary:
    """One pod's figures, or several pods' figures merged. `logged` and `dropped` count prediction-log rows.

    `reference` has the counts of the training split by column, over the same bins as the windows' `drift`;
    `left_out` counts columns that are omitted from both because of the size limit. `failing` is why the model fails, if
    it has failed on all rows of the latest requests.
    """

    digest: str
    model_version: str
    windows: dict[str, Window]
    logged: int = 0
    dropped: int = 0
    reference: dict[str, tuple[int, ...]] = field(default_factory=dict)
    left_out: int = 0
    failing: str = ""

    def drift(self, window: str) -> Drift:
        """A window's counts beside the reference."""
        return Drift(self.reference, self.windows[window].drift)

    def encode(self) -> bytes:
        """The JSON that goes over the wire."""
        windows = {
            name: {
                "requests": window.requests,
                "errors": window.errors,
                "rejected": window.rejected,
                "read": window.read,
                "rows": window.rows,
                "nulls": window.nulls,
                "latency_ms": {str(index): count for index, count in window.latency_ms.buckets.items()},
                "mismatches": dict(Counter(window.mismatches).most_common(MAX_MISMATCHES)),
                "drift": {column: column_form(counts) for column, counts in window.drift.items()},
            }
            for name, window in self.windows.items()
        }
        body = {
            "v": 1,
            "digest": self.digest,
            "model_version": self.model_version,
            "logged": self.logged,
            "dropped": self.dropped,
            "left_out": self.left_out,
            "failing": self.failing[:NAME_LIMIT],
            "reference": self.reference,
            "windows": windows,
        }
        return compact(body)

    @classmethod
    def decode(cls, raw: bytes) -> Summary:
        """Parse and check a summary. Raises `SummaryError` with what is wrong."""
        if len(raw) > SUMMARY_LIMIT:
            raise SummaryError(f"summary has {len(raw)} bytes, allowed are {SUMMARY_LIMIT}")
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise SummaryError(f"summary is not JSON: {error}") from error
        if not isinstance(body, dict) or body.get("v") != 1 or not isinstance(body.get("windows"), dict):
            raise SummaryError("summary is not of version 1")
        windows = {name: _window(body["windows"].get(name)) for name in WINDOWS}
        return cls(
            digest=_text(body.get("digest")),
            model_version=_text(body.get("model_version")),
            windows=windows,
            logged=_count(body.get("logged", 0)),
            dropped=_count(body.get("dropped", 0)),
            reference={_text(name): tuple(_bins(bins)) for name, bins in _mapping(body, "reference").items()},
            left_out=_count(body.get("left_out", 0)),
            failing=_text(body.get("failing", "")),
        )


def compact(value: Any) -> bytes:
    """Compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def column_form(counts: ColumnCounts) -> list[Any]:
    """The JSON of one column in one window: bins, Σ of standard scores (to four decimals), unseen values."""
    return [counts.bins, None if counts.shift is None else round(counts.shift, 4), counts.unseen]


def merge(summaries: Iterable[Summary]) -> Summary | None:
    """All pods' figures as one summary; None without any. Digest and version are those of the first."""
    total: Summary | None = None
    summaries = tuple(summaries)
    for summary in summaries:
        if total is None:
            windows = {name: Window() for name in WINDOWS}
            total = Summary(summary.digest, summary.model_version, windows)
        total.logged += summary.logged
        total.dropped += summary.dropped
        total.reference |= summary.reference
        total.left_out = max(total.left_out, summary.left_out)
        for name, window in summary.windows.items():
            total.windows[name].merge(window)
    if total is not None:
        total.failing = _failing(summaries)
    return total


def _failing(summaries: Sequence[Summary]) -> str:
    """Why the model fails, if it does so in all pods that had to predict anything in the last hour."""
    causes = [summary.failing for summary in summaries if summary.windows["1h"].asked]
    return causes[0] if causes and all(causes) else ""


def _window(raw: Any) -> Window:
    if not isinstance(raw, dict):
        raise SummaryError("a window is missing")
    nulls, buckets = raw.get("nulls"), raw.get("latency_ms")
    if not isinstance(nulls, dict) or len(nulls) > MAX_COLUMNS:
        raise SummaryError(f"nulls is not a mapping of at most {MAX_COLUMNS} columns")
    if not isinstance(buckets, dict) or len(buckets) > MAX_BUCKETS:
        raise SummaryError(f"latency_ms is not a mapping of at most {MAX_BUCKETS} buckets")
    try:
        sketch = Sketch({_index(index): _count(count) for index, count in buckets.items()})
    except (ValueError, OverflowError) as error:
        raise SummaryError(f"latency_ms: {error}") from error
    return Window(
        requests=_count(raw.get("requests")),
        errors=_count(raw.get("errors")),
        rejected=_count(raw.get("rejected", 0)),
        read=_count(raw.get("read", raw.get("requests"))),  # pods of an earlier release do not tell
        rows=_count(raw.get("rows")),
        nulls={_text(column): _count(count) for column, count in nulls.items()},
        latency_ms=sketch,
        mismatches={_text(column): _count(count) for column, count in _mapping(raw, "mismatches").items()},
        drift={_text(column): _column(counts) for column, counts in _mapping(raw, "drift").items()},
    )


def _mapping(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = raw.get(key, {})
    if not isinstance(value, dict):
        raise SummaryError(f"{key} is not a mapping")
    return value


def _column(raw: Any) -> ColumnCounts:
    if not isinstance(raw, list) or len(raw) != 3:
        raise SummaryError("the counts of a column are not [bins, shift, unseen]")
    bins, shift, unseen = raw
    if shift is not None and (isinstance(shift, bool) or not isinstance(shift, int | float) or not _finite(shift)):
        raise SummaryError(f"{str(shift)[:40]!r} is not a number")
    return ColumnCounts(
        _bins(bins), None if shift is None else float(shift), None if unseen is None else _count(unseen)
    )


def _finite(value: float) -> bool:
    return -_MAX_COUNT <= value <= _MAX_COUNT  # neither does NaN


def _bins(raw: Any) -> list[int]:
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_BINS:
        raise SummaryError(f"bins are not a list of 1 to {MAX_BINS} counts")
    return [_count(count) for count in raw]


def _count(raw: Any) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or not 0 <= raw <= _MAX_COUNT:
        raise SummaryError(f"{str(raw)[:40]!r} is not a count")
    return raw


def _index(raw: str) -> int:
    index = int(raw[:8])
    if not -1000 <= index <= 2500:  # 0.001 ms to more than any timeout
        raise SummaryError(f"bucket {raw[:40]!r} is out of range")
    return index


def _text(raw: Any) -> str:
    if not isinstance(raw, str) or len(raw) > NAME_LIMIT:
        raise SummaryError(f"a text is missing or longer than {NAME_LIMIT} characters")
    return raw
