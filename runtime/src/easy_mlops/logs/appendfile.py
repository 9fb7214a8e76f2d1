"""The open segment: appends a whole batch of lines or nothing."""

from __future__ import annotations

import os
from pathlib import Path

from easy_mlops.logs.durable import make_directory, sync_data, sync_directory


class AppendFile:
    """A new file in `directory`, created durably; this process is its only writer."""

    def __init__(self, directory: Path, name: str) -> None:
        make_directory(directory)
        self.path = directory / name
        self.size = 0
        self.unsynced = False
        self._pid = os.getpid()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._descriptor: int | None = os.open(self.path, flags, 0o644)
        sync_directory(directory)

    @property
    def usable(self) -> bool:
        """Whether it can still be written: it belongs to this process, exists, and ends with a whole line."""
        if self._pid != os.getpid():
            return False
        return self._descriptor is not None or self._reopened()

    def write(self, lines: list[bytes]) -> None:
        """Append all lines, or none of them. Raises `OSError`."""
        if self._descriptor is None:
            raise ValueError(f"{self.path} is closed")
        content = memoryview(b"".join(lines))
        length = len(content)
        try:
            while content:
                content = content[os.write(self._descriptor, content) :]
        except BaseException:  # an interrupt must not leave half of the lines either
            self._undo()
            raise
        self.size += length
        self.unsynced = True

    def sync(self) -> None:
        """Make everything written durable."""
        if self.unsynced and self._descriptor is not None:
            sync_data(self._descriptor)
            self.unsynced = False

    def close(self) -> None:
        """Close the descriptor; `usable` reopens it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _reopened(self) -> bool:
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        if os.fstat(descriptor).st_size != self.size:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def _undo(self) -> None:
        if self._descriptor is not None:
            try:
                os.ftruncate(self._descriptor, self.size)
            except OSError:
                self.close()  # readers stop at the last newline; `usable` detects the torn line by the size
