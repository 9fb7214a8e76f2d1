"""Equal strings of many objects, kept once: children of one kind differ in a few words only.

A decoder makes each string anew for each object; two thirds of what a fleet's manifests take up are such copies.
"""

from __future__ import annotations

from typing import Any, Final

_LIMIT: Final = 50_000
"""Words that are remembered before all are forgotten: names and times come and go, and must not pile up."""


class Words:
    """The words seen so far."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._known)

    def share(self, value: Any) -> Any:
        """The same JSON value; equal strings in it, and in those before, are one object. Dicts and lists are new."""
        if len(self._known) > _LIMIT:
            self._known.clear()
        return self._shared(value)

    def _shared(self, value: Any) -> Any:
        known = self._known
        if isinstance(value, str):
            return known.setdefault(value, value)
        if isinstance(value, dict):
            return {known.setdefault(key, key): self._shared(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._shared(item) for item in value]
        return value
