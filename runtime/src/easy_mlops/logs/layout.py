"""Where a record is stored: `<kind>/dt=YYYY-MM-DD/h=HH/<writer>-<boot>-<seq>.jsonl`, by the hour (UTC) of its `ts`.

Partitions by the record's own time let a reader find the newest records, or those of a day, without opening other
files. A file has a single writer for its whole lifetime; `boot` is random, so that file names never collide.
"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

import orjson

Kind = Literal["predictions", "metrics"]
Record = Mapping[str, Any]
"""A log record: `ts` (RFC 3339, UTC) and other JSON values; numpy's numbers and arrays are allowed."""

Line = tuple[str, bytes]
"""An encoded record: its partition, and its JSON with a newline."""

SUFFIX: Final = ".jsonl"
_HOUR: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:")
_ENCODING: Final = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE


def now() -> str:
    """The current time in the format of records: `2026-11-21T21:04:05.678Z`."""
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    return f"{_to_the_second(seconds)}.{rest // 1_000_000:03d}Z"


@functools.lru_cache(maxsize=1)
def _to_the_second(seconds: int) -> str:
    """Cached, since formatting a time costs more than the rest of a record."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def line_of(record: Record) -> Line:
    """The record as a line of a segment.

    Raises `TypeError` if it has no `ts` or cannot be encoded as JSON, `ValueError` if `ts` is not an RFC 3339 time.
    """
    ts = record.get("ts")
    if not isinstance(ts, str):
        raise TypeError(f"a log record needs a 'ts' text, got {ts!r}")
    return partition_of(ts), orjson.dumps(record, option=_ENCODING)


def partition_of(ts: str) -> str:
    """The directory for a time, relative to that of the kind. A time without a zone is treated as UTC.

    Raises `ValueError` if it is not an RFC 3339 time.
    """
    if not (ts.endswith("Z") and _HOUR.match(ts)):
        ts = _in_utc(ts)
    return f"dt={ts[:10]}/h={ts[11:13]}"


def _in_utc(ts: str) -> str:
    parsed = datetime.fromisoformat(ts)
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat()
