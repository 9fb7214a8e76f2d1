"""Generated files that are committed: written, or compared with what would be written (`--check`)."""

from __future__ import annotations

import sys
from pathlib import Path


def write_or_check(file: Path, text: str, arguments: list[str], source: str) -> int:
    """Write the file, or check it; returns the exit code. `source` is what the file is generated from."""
    if arguments != ["--check"]:
        file.write_text(text)
        return 0
    if file.is_file() and file.read_text() == text:
        return 0
    print(f"{file} is out of date with {source}; run: python {sys.argv[0]}", file=sys.stderr)
    return 1
