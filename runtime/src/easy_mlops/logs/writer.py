"""Appends records to segments: whole lines, durable after `flush`, safe with any number of concurrent writers."""

from __future__ import annotations

import itertools
import operator
import os
import re
import secrets
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from easy_mlops.logs.appendfile import AppendFile
from easy_mlops.logs.layout import SUFFIX, Kind, Line, Record, line_of

BATCH_BYTES: Final = 256 * 1024
"""Buffered lines are written once they have this size."""
SEGMENT_BYTES: Final = 64 * 1024 * 1024
"""Once a segment has this size, a new one is started."""


class SegmentWriter:
    """Appends records of one kind below `root` (a deployment directory's `logs/`); thread-safe.

    Nothing touches the disk before the first record. `append` may buffer; after `flush` or `close` everything
    appended is durable. Any method may raise `OSError` (disk full) without losing records: all of them,
    including the current one, stay buffered in order, and the next call retries.
    """

    def __init__(
        self, root: Path | str, kind: Kind, *, writer: str | None = None, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        """`writer` is the process's name in file names; the default is the host name (the pod's name)."""
        self._directory = Path(root) / kind
        name = re.sub(r"[^A-Za-z0-9._]+", "-", writer or socket.gethostname()).strip("-.") or "writer"
        self._stem = f"{name}-{secrets.token_hex(4)}"
        self._segment_bytes = segment_bytes
        self._lock = threading.RLock()
        self._buffer: list[Line] = []
        self._buffered = 0
        self._logged = 0
        self._file: AppendFile | None = None
        self._partition = ""
        self._seq = 0

    @property
    def logged(self) -> int:
        """Records written to the operating system; they survive the process and, after `flush`, a machine failure."""
        return self._logged

    @property
    def path(self) -> Path | None:
        """The segment that was written last."""
        return self._file.path if self._file else None

    @property
    def pending(self) -> int:
        """Records that are only buffered."""
        return len(self._buffer)

    @property
    def unsynced(self) -> bool:
        """Whether written records may not have reached the disk yet."""
        return self._file is not None and self._file.unsynced

    def append(self, record: Record) -> None:
        """Append a record. Raises what `line_of` raises if it cannot be encoded."""
        self.append_lines([line_of(record)])

    def append_lines(self, lines: Sequence[Line]) -> None:
        """Append records that `line_of` has encoded."""
        with self._lock:
            self._buffer += lines
            for _, text in lines:
                self._buffered += len(text)
            if self._buffered >= BATCH_BYTES:
                self.write()

    def write(self) -> None:
        """Write everything buffered to the operating system, without waiting for the disk."""
        with self._lock:
            while self._buffer:
                partition, group = next(itertools.groupby(self._buffer, key=operator.itemgetter(0)))
                lines = [text for _, text in group]
                self._segment(partition).write(lines)
                del self._buffer[: len(lines)]
                self._logged += len(lines)
            self._buffered = 0

    def discard(self) -> None:
        """Discard buffered records."""
        with self._lock:
            self._buffer.clear()
            self._buffered = 0

    def flush(self) -> None:
        """Make everything appended durable."""
        with self._lock:
            self.write()
            if self._file:
                self._file.sync()

    def close(self) -> None:
        """`flush` and close the file; a later `append` reopens it."""
        with self._lock:
            self.flush()
            if self._file:
                self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _segment(self, partition: str) -> AppendFile:
        file = self._file
        if file and file.usable:
            if partition == self._partition and file.size < self._segment_bytes:
                return file
            file.sync()
            file.close()
        name = f"{self._stem}{os.getpid():x}-{self._seq:06d}{SUFFIX}"  # a fork has the same stem
        self._file = AppendFile(self._directory / partition, name)
        self._partition = partition
        self._seq += 1
        return self._file
