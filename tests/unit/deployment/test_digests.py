"""A file of a deployment is hashed once, unless it was changed since."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest
from easy_mlops.deployment.digests import FileDigests

SETTLED = 0.06
"""Seconds after which a change is sure to leave another time."""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def bytes_read() -> int:
    """What this process has read so far, by the kernel's count."""
    return int(Path("/proc/self/io").read_text().split()[1])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.joblib"
    path.write_bytes(b"old")
    return path


def test_what_did_not_change_is_not_read_again(file: Path) -> None:
    file.write_bytes(bytes(1 << 20))
    time.sleep(SETTLED)
    digests = FileDigests()
    first = digests.of(file)
    before = bytes_read()
    assert digests.of(file) == first
    assert bytes_read() - before < 1 << 19


@pytest.mark.parametrize("settled", [0, SETTLED])
def test_what_changed_is_hashed_again_however_soon(file: Path, settled: float) -> None:
    digests = FileDigests()
    for number in range(50):
        content = f"{number:03}".encode()
        time.sleep(settled if number < 3 else 0)
        file.write_bytes(content)  # the same size each time
        time.sleep(settled if number < 3 else 0)
        assert digests.of(file) == sha256(content)


def test_a_file_that_takes_the_place_of_another_is_hashed(file: Path, tmp_path: Path) -> None:
    digests = FileDigests()
    time.sleep(SETTLED)
    digests.of(file)
    other = tmp_path / "other"
    other.write_bytes(b"new")
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    other.replace(file)
    assert digests.of(file) == sha256(b"new")


def test_a_large_file_has_the_digest_of_its_bytes(tmp_path: Path) -> None:
    content = os.urandom(1 << 20) * 20
    (tmp_path / "large").write_bytes(content)
    assert FileDigests().of(tmp_path / "large") == sha256(content)


def test_a_file_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileDigests().of(tmp_path / "none")
