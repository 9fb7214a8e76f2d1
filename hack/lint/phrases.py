"""Phrases that no text of this repository uses, with what to write instead: `phrases.yaml`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .findings import Finding

PHRASES = Path(__file__).with_name("phrases.yaml")
BETWEEN_WORDS = r"[\s_#\"*]+"
BLANKS = str.maketrans('_#"*', "    ")
SKIPPED = ("hack/lint/phrases.yaml", "uv.lock", "go.sum")


@dataclass(frozen=True)
class Phrase:
    """A phrase to avoid.

    `pattern` matches it in any case, also where a line break, a comment sign or a double quotation mark separates its
    words, and as a part of an identifier (`test_so_to_say`), but not within a word.
    """

    text: str
    instead: str
    exceptions: tuple[str, ...]
    pattern: re.Pattern[str]

    def applies_to(self, path: str) -> bool:
        return path not in self.exceptions


def load_phrases(text: str) -> list[Phrase]:
    """The phrases of a YAML mapping from a phrase to its replacement, or to `{instead, except: {path: reason}}`."""
    entries: dict[str, str | dict[str, Any]] = yaml.safe_load(text) or {}
    return [_phrase(key, value) for key, value in entries.items()]


def find_phrases(path: str, text: str, phrases: list[Phrase]) -> Iterator[Finding]:
    """Findings for one file: in its name and in its text."""
    if path.endswith(SKIPPED):
        return
    simplified = _simplified(f"{path} {text}")
    for phrase in phrases:
        if phrase.text not in simplified or not phrase.applies_to(path):
            continue
        advice = f"'{phrase.text}': write {phrase.instead}"
        if phrase.pattern.search(path):
            yield Finding(path, 1, f"file name with {advice}")
        for match in phrase.pattern.finditer(text):
            yield Finding(path, text.count("\n", 0, match.start()) + 1, advice)


def _simplified(text: str) -> str:
    """In lower case, with one blank between words: quick to search for many phrases."""
    return " ".join(text.lower().translate(BLANKS).split())


def _phrase(text: str, value: str | dict[str, Any]) -> Phrase:
    entry: dict[str, Any] = value if isinstance(value, dict) else {"instead": value, "except": {}}
    words = text.lower().split()
    pattern = re.compile(rf"(?<![a-z]){BETWEEN_WORDS.join(map(re.escape, words))}(?![a-z])", re.IGNORECASE)
    return Phrase(" ".join(words), entry["instead"], tuple(entry["except"]), pattern)
