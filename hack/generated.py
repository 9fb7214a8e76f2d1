"""A file that is generated from something else, and committed: written anew, or checked for drift with `--check`."""

from __future__ import annotations

import sys
from pathlib import Path


def write_or_check(file: Path, text: str, arguments: list[str], meaning: str) -> int:
    """The exit code. `meaning` completes "is not what …" when the file is out of date."""
    if arguments != ["--check"]:
        file.write_text(text)
        return 0
    if file.is_file() and file.read_text() == text:
        return 0
    print(f"{file} is not what {meaning}; run: python {sys.argv[0]}", file=sys.stderr)
    return 1
