"""SHA256SUMS: the hashes of all files of a deployment directory, in the format of coreutils' `sha256sum`.

The file lists everything in the directory except itself and `logs/`, which grows after the deployment. Its own SHA-256
is the digest of the deployment, so that one short string identifies every byte.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from easy_mlops.contract import LOGS_DIRECTORY, SHA256_PATTERN, SUMS_FILE

LOCK_FILE: Final = ".building"
"""Lock file of a directory that is still being built."""

_UNLISTED: Final = frozenset({SUMS_FILE, LOGS_DIRECTORY, LOCK_FILE})
_LINE: Final = re.compile(rf"(\\?)({SHA256_PATTERN}) [ *](.+)")
_ESCAPES: Final = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}


class SumsError(ValueError):
    """SHA256SUMS cannot be read: a malformed line, or a path outside the directory."""


def files_of(directory: Path) -> list[Path]:
    """All files that SHA256SUMS has to list, sorted by their paths."""
    return sorted(_walk(directory, directory))


def hash_stream(stream: io.BufferedReader) -> str:
    """SHA-256 of the rest of a stream, in hexadecimal digits."""
    return hashlib.file_digest(stream, "sha256").hexdigest()


def encode_sums(sums: Mapping[str, str]) -> bytes:
    """SHA256SUMS for digests by relative path; `sha256sum -c` reads it."""
    return "".join(_line(path, digest) for path, digest in sorted(sums.items())).encode()


def decode_sums(content: bytes) -> dict[str, str]:
    """Digests by relative path. Raises `SumsError`."""
    try:
        lines = content.decode().split("\n")
    except UnicodeDecodeError as error:
        raise SumsError(f"{SUMS_FILE} is not text: {error}") from error
    sums: dict[str, str] = {}
    for number, line in enumerate(lines[:-1] if lines[-1] == "" else lines, start=1):
        match = _LINE.fullmatch(line)
        if not match:
            raise SumsError(f"{SUMS_FILE} line {number} is not a digest and a path")
        path = re.sub(r"\\[\\nr]", lambda m: _ESCAPES[m[0]], match[3]) if match[1] else match[3]
        if path in sums or path.startswith("/") or ".." in path.split("/"):
            raise SumsError(f"{SUMS_FILE} line {number} names {path!r}, which is not a file of this directory")
        sums[path] = match[2]
    return sums


def digest_of(sums: bytes) -> str:
    """The digest of a deployment: the SHA-256 of its SHA256SUMS."""
    return hashlib.sha256(sums).hexdigest()


def _walk(directory: Path, base: Path) -> Iterator[Path]:
    with os.scandir(directory) as entries:
        for entry in entries:
            path = Path(entry.path)
            if directory == base and entry.name in _UNLISTED:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(path, base)
            else:
                yield path


def _line(path: str, digest: str) -> str:
    escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{chr(92) if escaped != path else ''}{digest}  {escaped}\n"
