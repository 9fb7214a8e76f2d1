"""The fenced code blocks of a Markdown file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One block: its language, its text, and where it stands."""

    language: str
    text: str
    file: Path
    line: int

    @property
    def where(self) -> str:
        return f"{self.file.name}:{self.line}"


def blocks_of(file: Path) -> list[Block]:
    """All blocks that name a language."""
    text = file.read_text()
    return [Block(m[1], m[2], file, text.count("\n", 0, m.start()) + 1) for m in FENCE.finditer(text)]
