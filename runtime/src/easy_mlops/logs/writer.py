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

from easy_mlops.logs.durable import make_directory, sync_data, sync_directory
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
        self._partition = ""
        self._buffer: list[Line] = []
        self._buffered = 0
        self._descriptor: int | None = None
        self._size = 0
        self._seq = 0
        self._unsynced = False
        self._logged = 0

    @property
    def logged(self) -> int:
        """Records handed to the operating system; they outlive the process, and after `flush` the machine."""
        return self._logged

    @property
    def pending(self) -> int:
        """Records that are only buffered."""
        return len(self._buffer)

    @property
    def unsynced(self) -> bool:
        """Whether anything handed to the operating system may not have reached the disk."""
        return self._unsynced

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
            self._buffered += sum(len(text) for _, text in lines)
            if self._buffered >= BATCH_BYTES:
                self.write()

    def write(self) -> None:
        """Hand everything buffered to the operating system, without waiting for the disk."""
        with self._lock:
            while self._buffer:
                partition, group = next(itertools.groupby(self._buffer, key=operator.itemgetter(0)))
                lines = [text for _, text in group]
                self._write_lines(partition, lines)
                del self._buffer[: len(lines)]
            self._buffered = 0

    def flush(self) -> None:
        """Make everything appended durable."""
        with self._lock:
            self.write()
            self._sync()

    def close(self) -> None:
        """`flush`, and let go of the file. A later `append` starts a new one."""
        with self._lock:
            self.flush()
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write_lines(self, partition: str, lines: list[bytes]) -> None:
        descriptor = self._open(partition)
        try:
            self._size += _write_all(descriptor, b"".join(lines))
        except OSError:
            self._undo_partial_write(descriptor)
            raise
        self._unsynced = True
        self._logged += len(lines)

    def _open(self, partition: str) -> int:
        if self._descriptor is not None:
            if partition == self._partition and self._size < self._segment_bytes:
                return self._descriptor
            self._sync()
            self._release()
        directory = self._directory / partition
        make_directory(directory)
        self._descriptor, self._size, self._partition = self._create_in(directory), 0, partition
        sync_directory(directory)
        return self._descriptor

    def _sync(self) -> None:
        if self._unsynced and self._descriptor is not None:
            sync_data(self._descriptor)
            self._unsynced = False

    def _create_in(self, directory: Path) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        while True:
            path = directory / f"{self._stem}-{self._seq:06d}{SUFFIX}"
            self._seq += 1
            try:
                return os.open(path, flags, 0o644)
            except FileExistsError:  # a fork of this process has the same name and was here first
                continue

    def _undo_partial_write(self, descriptor: int) -> None:
        try:
            os.ftruncate(descriptor, self._size)
        except OSError:
            self._release()  # readers stop at the last newline; the next attempt goes to a new segment

    def _release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            self._unsynced = False


def _write_all(descriptor: int, content: bytes) -> int:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    return len(content)
