"""File operations that are durable when they return."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

sync_data: Final = getattr(os, "fdatasync", os.fsync)
"""Flush a descriptor's data to disk; macOS has no fdatasync."""


def make_directory(path: Path) -> None:
    """Create a directory and its parents durably; it may already exist."""
    missing = [path]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    for directory in reversed(missing):
        directory.mkdir(exist_ok=True)
        sync_directory(directory.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes) -> None:
    """Replace `path` atomically: a reader always sees either the whole old file or the whole new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            sync_data(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(path.parent)
