"""Hashes the files of a deployment that is being put together: each is read once, and reaches the disk meanwhile."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from easy_mlops.deployment.sums import hash_stream

_LARGE: Final = 16 << 20
"""Bytes from which on the way to the disk takes long enough to hash the file in that time."""
_TICK: Final = 50_000_000
"""Nanoseconds; file systems note the time of a change in coarser steps than the clock has, none in coarser ones."""


class FileDigests:
    """SHA-256 of files by path. A file that was not changed since it was hashed is not read again."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, ...], str]] = {}

    def of(self, path: Path) -> str:
        """SHA-256 of a file, in hexadecimal digits. Raises `OSError` when it cannot be read, or not be kept."""
        with path.open("rb") as stream, ThreadPoolExecutor(1) as disk:
            stamp = _stamp(stream.fileno())
            known = self._known.get(path)
            if known and known[0] == stamp:
                return known[1]
            _, _, size, *changed = stamp
            kept = disk.submit(os.fsync, stream.fileno()) if size >= _LARGE else None
            digest = hash_stream(stream)
            if kept is not None:
                kept.result()
            # A change in the same tick as the last one would leave no trace: what is that fresh is not relied upon.
            if _stamp(stream.fileno()) == stamp and time.time_ns() - max(changed) > _TICK:
                self._known[path] = stamp, digest
            return digest


def _stamp(descriptor: int) -> tuple[int, ...]:
    """What differs after a change."""
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
