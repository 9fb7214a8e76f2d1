"""Reads segments while they are being appended to: whole lines only, and only as much as requested."""

from __future__ import annotations

import heapq
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from easy_mlops.logs.layout import SUFFIX, Kind

log = logging.getLogger(__name__)

_BLOCK: Final = 256 * 1024


@dataclass(frozen=True)
class Segment:
    """A file, and its length when it was listed; lines appended later are not read."""

    path: Path
    size: int

    def count(self) -> int:
        """The number of whole lines."""
        return sum(block.count(b"\n") for block in self._blocks())

    def records(self) -> Iterator[dict[str, Any]]:
        """All records, oldest first."""
        rest = b""
        for block in self._blocks():
            *lines, rest = (rest + block).split(b"\n")
            yield from self._decoded(lines)

    def last(self, n: int) -> list[dict[str, Any]]:
        """The last `n` records, oldest first."""
        if n <= 0:
            return []
        start, tail = self.size, b""
        with self.path.open("rb") as file:
            while start > 0 and tail.count(b"\n") <= n:
                length = min(_BLOCK, start)
                start -= length
                tail = os.pread(file.fileno(), length, start) + tail
        lines = tail.split(b"\n")[:-1]  # after the last newline there is nothing, or the rest of a killed writer
        return list(self._decoded(lines[-n:]))

    def _blocks(self) -> Iterator[bytes]:
        left = self.size
        with self.path.open("rb") as file:
            while left > 0 and (block := file.read(min(_BLOCK, left))):
                left -= len(block)
                yield block

    def _decoded(self, lines: list[bytes]) -> Iterator[dict[str, Any]]:
        for line in lines:
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError:
                record = None
            if isinstance(record, dict):
                yield record
            else:
                log.warning("%s has a damaged line, which is left out", self.path)


class Segments:
    """A snapshot of the records of one kind; iterates over them, oldest first."""

    def __init__(self, root: Path | str, kind: Kind) -> None:
        self._hours = [_listed(hour) for hour in sorted((Path(root) / kind).glob("dt=*/h=*"))]

    def __bool__(self) -> bool:
        """Whether any segment exists."""
        return any(self._hours)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for segments in self._hours:
            yield from _merged(segments)

    def count(self) -> int:
        """The number of records; decodes none of them."""
        return sum(segment.count() for segments in self._hours for segment in segments)

    def first(self) -> dict[str, Any] | None:
        """The oldest record; reads the oldest hour only."""
        return next(iter(self), None)

    def last(self, n: int) -> list[dict[str, Any]]:
        """The newest `n` records, oldest first; reads the ends of the newest hours' files only."""
        newest: list[dict[str, Any]] = []
        for segments in reversed(self._hours):
            tails = [record for segment in segments for record in segment.last(n)]
            newest = sorted(tails, key=_time) + newest
            if len(newest) >= n:
                break
        return newest[-n:] if n > 0 else []


def read_segments(root: Path | str, kind: Kind) -> Segments:
    """The records of one kind below `root`; other processes may keep writing there.

    Lines are read to the last newline of each file; files that are not segments (`.tmp`) are ignored; a damaged
    line is skipped with a warning. A missing directory has no records.
    """
    return Segments(root, kind)


def _listed(hour: Path) -> list[Segment]:
    segments = [
        Segment(Path(entry.path), entry.stat().st_size) for entry in os.scandir(hour) if entry.name.endswith(SUFFIX)
    ]
    return sorted(segments, key=lambda segment: segment.path.name)


def _merged(segments: list[Segment]) -> Iterator[dict[str, Any]]:
    """Records of several files by time. A file is opened once its first record is due, so few are open at a time."""
    starts = ((next(segment.records(), None), position) for position, segment in enumerate(segments))
    waiting = sorted(((_time(first), position) for first, position in starts if first is not None), reverse=True)
    due: list[tuple[str, int, dict[str, Any], Iterator[dict[str, Any]]]] = []

    def push(position: int, records: Iterator[dict[str, Any]]) -> None:
        record = next(records, None)
        if record is not None:
            heapq.heappush(due, (_time(record), position, record, records))

    while waiting or due:
        while waiting and (not due or waiting[-1][0] <= due[0][0]):
            position = waiting.pop()[1]
            push(position, segments[position].records())
        _, position, record, rest = heapq.heappop(due)
        yield record
        push(position, rest)


def _time(record: dict[str, Any]) -> str:
    return str(record.get("ts", ""))
