"""The JSON arrays of the guide (`metrics_history.json`, `predictions_log.json`): a bounded copy of the segments.

The segments are authoritative. Release 0.4 had only the arrays, so a directory without segments is read from them,
and the first save there converts them to a segment before the array is replaced.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import orjson

from easy_mlops.logs import Kind, Line, line_of, now
from easy_mlops.logs.durable import make_directory, replace_file
from easy_mlops.logs.layout import partition_of
from easy_mlops.observability.entries import record_of

_LOCK: Final = ".lock"


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Allow one process at a time to save to a log directory; scoring pods, which only append, are not blocked."""
    with (directory / _LOCK).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write_export(path: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    """Replace the array atomically; a reader sees either the old one or the new one."""
    replace_file(path, orjson.dumps(entries, option=orjson.OPT_INDENT_2) + b"\n")


def read_export(path: Path) -> list[dict[str, Any]]:
    """The records of an array that release 0.4 wrote; empty when there is none.

    Raises `ValueError` when the file is not an array of entries.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    try:
        # The standard library's parser, because release 0.4 wrote NaN and Infinity.
        entries = json.loads(text, parse_constant=lambda _: None)
    except ValueError as error:
        raise ValueError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"{path} is not a JSON array of log entries")
    return [record_of(entry, _identity(index, entry)) for index, entry in enumerate(entries)]


def adopt_export(directory: Path, kind: Kind, records: Sequence[Mapping[str, Any]]) -> None:
    """Write the records of an array as one segment: all of them or, after a crash, none.

    It is in the directory of the last record's hour, where readers look for the newest records.
    """
    lines = [placed(record) for record in records]
    home = directory / kind / lines[-1][0]
    make_directory(home)
    replace_file(home / "adopted-0-000000.jsonl", b"".join(text for _, text in lines))


def placed(record: Mapping[str, Any]) -> Line:
    """The record as a line, in the current hour if its own time is invalid."""
    try:
        return line_of(record)
    except ValueError:
        return partition_of(now()), line_of({**record, "ts": now()})[1]


def _identity(index: int, entry: Mapping[str, Any]) -> str:
    digest = hashlib.blake2b(json.dumps(entry, sort_keys=True).encode(), digest_size=8).hexdigest()
    return f"adopted-{index}-{digest}"
