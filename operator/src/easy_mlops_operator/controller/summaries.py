"""The newest figures of the scoring pods, merged, by resource and by the digest of what they serve."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from easy_mlops.monitoring.summary import Summary, merge

from easy_mlops_operator.controller.kinds import Key

_KEPT: Final = 10
"""Times `stale_after` for which figures are kept; by then a pass has seen that they are stale."""


@dataclass(frozen=True)
class Collected:
    """What all pods of one digest said together, and when; or that they were asked in vain, and since when."""

    summary: Summary | None
    at: datetime


@dataclass
class _Figures:
    """All that is known of a resource, and what was last given out as news."""

    by_digest: dict[str, Collected] = field(default_factory=dict)
    in_vain: Collected | None = None
    told: dict[str, tuple[bytes, bool]] = field(default_factory=dict)


class Summaries:
    """What the pods said, and for how long they have not said anything."""

    def __init__(self, stale_after: timedelta) -> None:
        self._stale_after = stale_after
        self._figures: dict[Key, _Figures] = {}

    def of(self, key: Key, digest: str) -> Collected | None:
        """The figures of the pods that serve `digest`, however old; None when nobody has been asked yet."""
        figures = self._figures.get(key, _Figures())
        return figures.by_digest.get(digest, figures.in_vain)

    def put(self, key: Key, asked: int, said: Iterable[Summary], now: datetime) -> bool:
        """Take in what came of asking so many pods; whether there is news: other figures, or figures gone stale."""
        figures = self._figures.setdefault(key, _Figures())
        by_digest: dict[str, list[Summary]] = {}
        for summary in said:
            by_digest.setdefault(summary.digest, []).append(summary)
        for digest, summaries in by_digest.items():
            figures.by_digest[digest] = Collected(merge(summaries), now)
        for digest, collected in tuple(figures.by_digest.items()):
            if now - collected.at > _KEPT * self._stale_after:
                del figures.by_digest[digest]
        if by_digest or not asked:
            figures.in_vain = None
        elif figures.in_vain is None:
            figures.in_vain = Collected(None, now)
        told = self._told(figures, now)
        is_news = told != figures.told
        figures.told = told
        return is_news

    def drop(self, key: Key) -> None:
        """The resource is gone."""
        self._figures.pop(key, None)

    def _told(self, figures: _Figures, now: datetime) -> dict[str, tuple[bytes, bool]]:
        everything = {**figures.by_digest} | ({"": figures.in_vain} if figures.in_vain else {})
        return {
            digest: (known.summary.encode() if known.summary else b"", now - known.at > self._stale_after)
            for digest, known in everything.items()
        }
