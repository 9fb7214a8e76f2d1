"""Builds a deployment in a hidden directory, which becomes visible by one rename.

The hidden directory `.<name>.building` beside the final one reserves the name, so two processes in one second never
get the same. A lock inside it is held for the lifetime of its owner: a directory whose lock is free belongs to a
process that has ended, and is removed, or reused under the same name by a retry of the same run.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from easy_mlops.deployment.sums import LOCK_FILE

_PREFIX: Final = "."
_SUFFIX: Final = ".building"
_RESERVED_SECONDS: Final = 24 * 3600.0
"""How long the name of a failed run is reserved for its retry."""
_NO_LOCKS: Final = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EINVAL)
"""Errors of file systems without locks, or without locks on directories (NFS)."""


@dataclass
class Workspace:
    """A reserved name: `path` is the hidden directory, `final` its path after publication."""

    path: Path
    final: Path
    run_id: str | None
    _lock: int

    def publish(self) -> None:
        """Make everything durable, then visible. Raises `OSError`."""
        sync_tree(self.path)
        with _locked(self.final.parent):
            if self.final.exists():
                raise FileExistsError(errno.EEXIST, "another process has created this directory", str(self.final))
            (self.path / LOCK_FILE).unlink()
            self.path.rename(self.final)
            _sync(self.final.parent)
        os.close(self._lock)

    def abandon(self) -> None:
        """Remove everything except, for a run that may be retried, the reservation of its name."""
        with suppress(OSError), _locked(self.final.parent):
            _empty(self.path)
            if self.run_id is None:
                shutil.rmtree(self.path)
        os.close(self._lock)


def reserve(base: Path, stem: str, *, run_id: str | None = None, preferred: str | None = None) -> Workspace:
    """Reserve `stem`, or `stem_1`, `stem_2`, … if it exists, below `base`, which is created if necessary.

    A retried run gets its previous name; `preferred` is used if it is still free. Remains of processes that have
    ended are removed. Raises `OSError`.
    """
    base.mkdir(parents=True, exist_ok=True)
    with _locked(base) as exclusive:
        if exclusive and (previous := _clear_remains(base, run_id)) is not None:
            return previous
        for name in _candidates(stem, preferred):
            hidden = base / f"{_PREFIX}{name}{_SUFFIX}"
            if (base / name).exists():
                continue
            try:
                hidden.mkdir()
            except FileExistsError:
                continue
            lock = _open_lock(hidden)
            if lock is None:  # another process is removing it, which happens only where a directory cannot be locked
                continue
            os.write(lock, json.dumps({"run_id": run_id}).encode())
            return Workspace(hidden, base / name, run_id, lock)
    raise AssertionError("candidates do not end")


def sync_tree(directory: Path) -> None:
    """fsync every file and directory below, and the directory itself."""
    for parent, _, files in os.walk(directory):
        for name in files:
            _sync(Path(parent) / name)
        _sync(Path(parent))


def _candidates(stem: str, preferred: str | None) -> Iterator[str]:
    if preferred is not None:
        yield preferred
    yield stem
    number = 1
    while True:
        yield f"{stem}_{number}"
        number += 1


def _clear_remains(base: Path, run_id: str | None) -> Workspace | None:
    """Remove the remains of processes that have ended; returns the workspace of this run if it is among them."""
    previous = None
    with os.scandir(base) as entries:
        hidden = [Path(e.path) for e in entries if e.name.startswith(_PREFIX) and e.name.endswith(_SUFFIX)]
    for path in hidden:
        lock = _open_lock(path)
        if lock is None:
            continue
        final = base / path.name[len(_PREFIX) : -len(_SUFFIX)]
        owner = _owner(lock)
        _empty(path)
        if previous is None and run_id is not None and owner == run_id and not final.exists():
            previous = Workspace(path, final, run_id, lock)
            continue
        if owner is None or time.time() - path.stat().st_mtime > _RESERVED_SECONDS:
            shutil.rmtree(path)
        os.close(lock)
    return previous


def _open_lock(directory: Path) -> int | None:
    """The lock of a hidden directory, or None while another process owns it."""
    descriptor = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return descriptor
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            return None
        raise
    return descriptor


def _owner(lock: int) -> str | None:
    try:
        owner = json.loads(os.pread(lock, 4096, 0))["run_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return owner if isinstance(owner, str) else None


@contextmanager
def _locked(base: Path) -> Iterator[bool]:
    """Allow only one process at a time to reserve, remove or publish directories below `base`.

    Yields False on a file system that cannot lock a directory: names are still distinct, since creating a directory is
    atomic, but remains of killed processes cannot be recognized and are not removed.
    """
    descriptor = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _empty(directory: Path) -> None:
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.name == LOCK_FILE:
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                Path(entry.path).unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
