"""Removes exactly one deployment directory, and nothing else.

A directory is identified by its path below the volume and by the SHA-256 of its SHA256SUMS. The path is opened
component by component without following links, so that the directory cannot be replaced meanwhile. The directory is
first hidden by one rename: if the process is killed, the remains are never served, and the next run removes them.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from easy_mlops.contract import SUMS_FILE, is_digest
from easy_mlops.deployment.sums import hash_stream

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class PruneError(RuntimeError):
    """A directory is not the expected one; nothing was removed."""


def prune(volume: Path, place: str, digest: str) -> bool:
    """Remove the deployment directory at `place`, relative to `volume`; False if it no longer exists.

    `digest` is the SHA-256 of its SHA256SUMS in hexadecimal digits. Raises `PruneError` for a place outside the
    volume, one that leads through a link, or a directory with another digest; `OSError` if the volume fails.
    """
    path = PurePosixPath(place)
    if path.is_absolute() or not path.parts or ".." in path.parts:
        raise PruneError(f"{place!r} is not a path inside the volume")
    if not is_digest(digest):
        raise PruneError(f"{place}: {digest[:80]!r} is not a SHA-256")
    hidden = f".{path.name}.pruning"
    with _parent(volume, path) as parent:
        if parent is None:
            return False
        remains = _remove(hidden, parent)
        try:
            descriptor = os.open(path.name, _FOLDER, dir_fd=parent)
        except FileNotFoundError:
            return remains
        except NotADirectoryError as error:
            raise PruneError(f"{place} is a link or a file, not a directory") from error
        try:
            actual = _digest_of(descriptor)
            if actual != digest:
                raise PruneError(f"{place} is another deployment: its {SUMS_FILE} has the digest {actual or 'none'}")
            _same(descriptor, path.name, parent, place)
            os.rename(path.name, hidden, src_dir_fd=parent, dst_dir_fd=parent)
            os.fsync(parent)
        finally:
            os.close(descriptor)
        return _remove(hidden, parent)


@contextmanager
def _parent(volume: Path, path: PurePosixPath) -> Iterator[int | None]:
    """Descriptor of the parent directory of `path`; None if it does not exist."""
    descriptor = os.open(volume, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in path.parts[:-1]:
            try:
                below = os.open(part, _FOLDER, dir_fd=descriptor)
            except FileNotFoundError:
                yield None
                return
            except NotADirectoryError as error:
                raise PruneError(f"{path}: {part!r} is a link or a file, not a directory") from error
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def _digest_of(directory: int) -> str:
    """SHA-256 of SHA256SUMS; empty if there is no such file."""
    try:
        descriptor = os.open(SUMS_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as stream:
        return hash_stream(stream) if stat.S_ISREG(os.fstat(descriptor).st_mode) else ""


def _same(descriptor: int, name: str, parent: int, place: str) -> None:
    """Check that the name still refers to the directory that was opened. Raises `PruneError`."""
    now = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if not os.path.samestat(os.fstat(descriptor), now):
        raise PruneError(f"{place} has been replaced while it was looked at")


def _remove(name: str, parent: int) -> bool:
    """Remove a directory tree without following links; False if it does not exist."""
    try:
        if stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            raise PruneError(f"{name} is a link, not what is left of a directory")  # rmtree's error may have no text
        shutil.rmtree(name, dir_fd=parent)
    except FileNotFoundError:
        return False
    os.fsync(parent)
    return True
