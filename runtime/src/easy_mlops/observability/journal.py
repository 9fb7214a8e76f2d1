"""What one monitor has logged of one kind, and how it is saved: each entry once in each log directory."""

from __future__ import annotations

import itertools
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from easy_mlops.logs import Kind, Line, Segments, SegmentWriter, line_of, now, read_segments
from easy_mlops.logs.durable import make_directory
from easy_mlops.observability.exports import adopt_export, locked, placed, read_export, write_export

Entry = dict[str, Any]


@dataclass
class _Target:
    """A directory that is saved to: how many of our own records it has, and what has been copied there."""

    writer: SegmentWriter
    own: int = 0
    copied: Segments | list[dict[str, Any]] | None = None


class Journal:
    """The entries that were loaded from a directory, followed by those logged since.

    Logged entries are stored encoded, so that callers cannot change them afterwards. Loaded ones stay on disk and are
    read on demand: a summary of a million predictions counts lines and reads only the first and last entries.
    """

    def __init__(
        self, kind: Kind, export_name: str, to_entry: Callable[[Mapping[str, Any]], Entry], export_limit: int
    ) -> None:
        self._kind: Kind = kind
        self._export_name = export_name
        self._to_entry = to_entry
        self._export_limit = export_limit
        self._token = secrets.token_hex(8)
        self._numbers = itertools.count()
        self._own: list[Line] = []
        self._loaded: Segments | list[dict[str, Any]] = []
        self._loaded_from: Path | None = None
        self._own_in_loaded = 0
        self._published = 0
        self._targets: dict[Path, _Target] = {}
        self._saving = threading.Lock()

    def log(self, **values: Any) -> None:
        """Add a record with these values and the current time. Raises `TypeError` if they cannot be encoded as JSON."""
        identity = f"{self._token}{os.getpid():x}-{next(self._numbers)}"
        self._own.append(line_of({"id": identity, "ts": now(), **values}))

    def __len__(self) -> int:
        loaded = self._loaded.count() if isinstance(self._loaded, Segments) else len(self._loaded)
        return loaded + len(self._own) - self._own_in_loaded

    def __iter__(self) -> Iterator[Entry]:
        return map(self._to_entry, itertools.chain(self._loaded, self._new()))

    def first(self) -> Entry | None:
        """The oldest entry."""
        return next(iter(self), None)

    def last(self, n: int) -> list[Entry]:
        """The newest `n` entries, oldest first."""
        own = [orjson.loads(text) for _, text in self._own[self._own_in_loaded :][-n:]]
        missing = n - len(own)
        loaded = self._loaded.last(missing) if isinstance(self._loaded, Segments) else self._loaded
        return [self._to_entry(record) for record in [*loaded, *own][-n:]]

    def load(self, directory: Path) -> None:
        """Start with a directory's current entries, followed by those logged here and not saved there yet.

        Raises `ValueError` if the directory has only a JSON array and it is damaged.
        """
        home = directory.resolve()
        segments = read_segments(home, self._kind)
        self._loaded = segments or read_export(home / self._export_name)
        self._loaded_from = home
        self._own_in_loaded = self._target(home).own

    def save(self, directory: Path) -> Path:
        """Append the entries that a directory does not have yet, durably, and rewrite its export; returns its path.

        Raises `OSError` if a write fails, and `ValueError` as `load` does; saving again adds what is missing.
        """
        home = directory.resolve()
        export = home / self._export_name
        make_directory(home)
        with self._saving, locked(home):
            if not read_segments(home, self._kind) and (records := read_export(export)):
                adopt_export(home, self._kind, records)
            self._append(home)
            newest = read_segments(home, self._kind).last(self._export_limit)
            write_export(export, [self._to_entry(record) for record in newest])
        return directory / self._export_name

    def _new(self) -> Iterator[dict[str, Any]]:
        return (orjson.loads(text) for _, text in self._own[self._own_in_loaded :])

    def _target(self, home: Path) -> _Target:
        target = self._targets.get(home)
        written = target.writer.path if target else None
        if target is None or (written and not written.exists()):  # never saved there, or the directory was emptied
            target = self._targets[home] = _Target(SegmentWriter(home, self._kind))
        if target.own < self._published:  # another monitor may have copied them from where they were saved
            existing = self._identities(home)
            while target.own < self._published and self._own_identity(target.own) in existing:
                target.own += 1
        return target

    def _append(self, home: Path) -> None:
        target = self._target(home)
        copies = self._copies(home, target)
        before = target.writer.logged
        try:
            target.writer.append_lines([*copies, *self._own[target.own :]])
            target.writer.close()
            target.copied = self._loaded
        finally:
            target.own += max(0, target.writer.logged - before - len(copies))
            self._published = max(self._published, target.own)
            target.writer.discard()

    def _copies(self, home: Path, target: _Target) -> list[Line]:
        """Records loaded from elsewhere whose ids are not there yet; our own records are appended anyway."""
        if self._loaded_from in (None, home) or self._loaded is target.copied:
            return []
        existing = self._identities(home) | {self._own_identity(number) for number in range(len(self._own))}
        return [placed(record) for record in self._loaded if _identity(record) not in existing]

    def _identities(self, home: Path) -> set[str]:
        return {_identity(record) for record in read_segments(home, self._kind)}

    def _own_identity(self, number: int) -> str:
        return _identity(orjson.loads(self._own[number][1]))


def _identity(record: Mapping[str, Any]) -> str:
    """The record's id; for a record of other origin without one, its content."""
    return str(record.get("id") or orjson.dumps(record))
