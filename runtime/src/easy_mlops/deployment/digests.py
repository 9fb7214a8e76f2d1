"""Hashes the files of a deployment that is being built: each is read once, and synced to disk at the same time."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from easy_mlops.deployment.sums import hash_stream

_LARGE: Final = 16 << 20
"""Size in bytes from which syncing takes long enough to hash the file meanwhile."""
_TICK: Final = 50_000_000
"""Nanoseconds; an upper bound of the resolution of modification times, which is coarser than the clock's."""


class FileDigests:
    """SHA-256 of files by path. A file that was not changed since it was hashed is not read again."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, ...], str]] = {}

    def of(self, path: Path) -> str:
        """SHA-256 of a file, in hexadecimal digits. Raises `OSError` if it cannot be read or synced."""
        with path.open("rb") as stream, ThreadPoolExecutor(1) as disk:
            stamp = _stamp(stream.fileno())
            known = self._known.get(path)
            if known and known[0] == stamp:
                return known[1]
            _, _, size, *changed = stamp
            sync = disk.submit(os.fsync, stream.fileno()) if size >= _LARGE else None
            digest = hash_stream(stream)
            if sync is not None:
                sync.result()
            # A second change within one tick leaves no trace, so a file that was just changed is not cached.
            if _stamp(stream.fileno()) == stamp and time.time_ns() - max(changed) > _TICK:
                self._known[path] = stamp, digest
            return digest


def _stamp(descriptor: int) -> tuple[int, ...]:
    """What identifies a version of a file: it differs after a change."""
    stat = os.fstat(descriptor)
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
