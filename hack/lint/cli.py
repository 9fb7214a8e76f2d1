"""Runs the checks over the files that Git knows."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .findings import Finding
from .phrases import PHRASES, find_phrases, load_phrases
from .sizes import find_oversized

ROOT = Path(__file__).resolve().parents[2]
CODE = ("operator/src/", "runtime/src/", "hack/", "tests/")


def main() -> int:
    findings = list(check(ROOT, tracked_files(ROOT)))
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


def tracked_files(root: Path) -> list[str]:
    """Paths below `root` that Git tracks, or would after `git add --all`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return sorted({path for path in listing.split("\0") if path and (root / path).is_file()})


def check(root: Path, paths: list[str]) -> Iterator[Finding]:
    """All findings, in the order of `paths`. Files that are not UTF-8 text are skipped."""
    phrases = load_phrases(PHRASES.read_text())
    for path in paths:
        try:
            text = (root / path).read_text()
        except UnicodeDecodeError:
            continue
        yield from find_phrases(path, text, phrases)
        if path.endswith(".py") and path.startswith(CODE):
            yield from find_oversized(path, text)
