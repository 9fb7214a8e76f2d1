"""Appends records to segments: whole lines, durable after `flush`, safe beside any number of other writers."""

from __future__ import annotations

import itertools
import operator
import os
import re
import secrets
import socket
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Self

from easy_mlops.logs.appendfile import AppendFile
from easy_mlops.logs.layout import SUFFIX, Kind, Line, Record, line_of

BATCH_BYTES: Final = 256 * 1024
"""Buffered lines are handed to the operating system once they are this long."""
SEGMENT_BYTES: Final = 64 * 1024 * 1024
"""A segment that has grown to this is followed by a new one."""


class SegmentWriter:
    """Appends records of one kind below `root` (a deployment directory's `logs/`); may be shared by threads.

    Nothing touches the disk before the first record. `append` may buffer; after `flush` or `close` everything
    appended is durable. Any method may raise `OSError` (disk full); that loses nothing: every record taken so
    far, the one at hand included, stays buffered in order, and the next call tries again.
    """

    def __init__(
        self, root: Path | str, kind: Kind, *, writer: str | None = None, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        """`writer` names the process in the file names, by default with the host's (in Kubernetes the pod's) name."""
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
        """Records handed to the operating system; they outlive the process, and after `flush` the machine."""
        return self._logged

    @property
    def path(self) -> Path | None:
        """The segment written last."""
        return self._file.path if self._file else None

    @property
    def pending(self) -> int:
        """Records that are only buffered."""
        return len(self._buffer)

    @property
    def unsynced(self) -> bool:
        """Whether anything handed to the operating system may not have reached the disk."""
        return self._file is not None and self._file.unsynced

    def append(self, record: Record) -> None:
        """Take a record. Raises as `line_of` does when it cannot be a line."""
        self.append_lines([line_of(record)])

    def append_many(self, records: Iterable[Record]) -> None:
        """Take records in order, or none of them when one cannot be a line."""
        self.append_lines([line_of(record) for record in records])

    def append_lines(self, lines: Sequence[Line]) -> None:
        """Take records that `line_of` has encoded."""
        with self._lock:
            self._buffer += lines
            for _, text in lines:
                self._buffered += len(text)
            if self._buffered >= BATCH_BYTES:
                self.write()

    def write(self) -> None:
        """Hand everything buffered to the operating system, without waiting for the disk."""
        with self._lock:
            while self._buffer:
                partition, group = next(itertools.groupby(self._buffer, key=operator.itemgetter(0)))
                lines = [text for _, text in group]
                self._segment(partition).write(lines)
                del self._buffer[: len(lines)]
                self._logged += len(lines)
            self._buffered = 0

    def discard(self) -> None:
        """Forget what is only buffered."""
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
        """`flush`, and let go of the file; a later `append` opens it again."""
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
