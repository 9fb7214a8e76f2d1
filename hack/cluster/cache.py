"""Artifacts kept outside the checkout, each in a folder named after the hash of its inputs.

An artifact is built in a scratch folder and renamed when complete, so that an existing artifact is complete even if a
previous run was killed. A file lock, which the kernel releases when the process ends, serializes runs.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .progress import say

KEY_LENGTH = 16


def digest(*inputs: str | bytes | Path) -> str:
    """The key of these inputs, in order: texts, bytes, and files or folders by their contents."""
    total = hashlib.sha256()
    for item in inputs:
        for part in _parts(item):
            total.update(len(part).to_bytes(8, "big"))
            total.update(part)
    return total.hexdigest()[:KEY_LENGTH]


def _parts(item: str | bytes | Path) -> Iterator[bytes]:
    if isinstance(item, str):
        yield item.encode()
    elif isinstance(item, bytes):
        yield item
    elif item.is_dir():
        for path in sorted(p for p in item.rglob("*") if p.is_file() and p.suffix != ".pyc"):
            yield str(path.relative_to(item)).encode()
            yield path.read_bytes()
    else:
        yield item.read_bytes()


def write(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Writes a file atomically: readers see the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(text)
    scratch.chmod(mode)
    scratch.replace(path)


@dataclass(frozen=True)
class Cache:
    """The folder that holds everything this program writes, except for what must live in /run."""

    root: Path

    @classmethod
    def of_user(cls) -> "Cache":
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        return cls(Path(base).expanduser().absolute() / "make-mlops-easy" / "cluster")

    @property
    def bin(self) -> Path:
        """A folder for PATH, with links to the programs that users need."""
        return self.root / "bin"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"

    def path(self, name: str, key: str) -> Path:
        return self.root / "artifacts" / f"{name}-{key}"

    def ensure(self, name: str, key: str, build: Callable[[Path], None]) -> Path:
        """The artifact's folder; ``build`` fills an empty folder if it does not exist.

        Older versions of the same artifact are removed.
        """
        final = self.path(name, key)
        if final.exists():
            return final
        scratch = self.scratch / f"{name}-{key}"
        remove(scratch)
        scratch.mkdir(parents=True)
        build(scratch)
        final.parent.mkdir(parents=True, exist_ok=True)
        scratch.rename(final)
        for old in final.parent.glob(f"{name}-{'?' * KEY_LENGTH}"):
            if old != final:
                remove(old)
        return final

    def link(self, program: Path) -> Path:
        """Links a program in `bin`."""
        self.bin.mkdir(parents=True, exist_ok=True)
        scratch = self.bin / f".{program.name}.{os.getpid()}"
        scratch.unlink(missing_ok=True)
        scratch.symlink_to(program)
        scratch.replace(self.bin / program.name)
        return self.bin / program.name

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Excludes other processes while the context is open; the lock is released even if the process is killed."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                say(f"waiting for another run (pid {file.read().strip() or 'unknown'}) to finish")
                fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            file.truncate()
            file.write(f"{os.getpid()}\n")
            file.flush()
            if self.scratch.exists():  # left by a run that was killed
                remove(self.scratch)
            yield


def remove(path: Path) -> None:
    """Removes a file or folder if it exists. Raises OSError if something is mounted below it."""
    if path.is_dir() and not path.is_symlink():
        if mounts_below(path):
            raise OSError(f"something is still mounted below {path}")
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def mounts_below(path: Path, mounts: str | None = None) -> list[Path]:
    """Mount points at or below a folder, deepest first. ``mounts`` is the text of /proc/self/mounts."""
    if mounts is None:
        try:
            mounts = Path("/proc/self/mounts").read_text()
        except OSError:
            return []
    points = (line.split()[1].replace("\\040", " ") for line in mounts.splitlines() if line)
    return sorted((p for p in map(Path, points) if p == path or path in p.parents), reverse=True)
