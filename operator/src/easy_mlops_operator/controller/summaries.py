"""The newest figures of the scoring pods, merged, by resource and by the digest of what they serve."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from easy_mlops.monitoring.summary import Summary, merge

from easy_mlops_operator.controller.kinds import Key


@dataclass(frozen=True)
class Collected:
    """One collection: what all pods of one digest said together, and when."""

    summary: Summary
    at: datetime


class Summaries:
    """Merged summaries no older than `lifetime`."""

    def __init__(self, lifetime: timedelta) -> None:
        self._lifetime = lifetime
        self._collected: dict[Key, dict[str, Collected]] = {}

    def of(self, key: Key, digest: str) -> Collected | None:
        """The figures of the pods that serve `digest`."""
        return self._collected.get(key, {}).get(digest)

    def put(self, key: Key, summaries: Iterable[Summary], now: datetime) -> bool:
        """Take in what the pods of a resource said; whether any of it is news."""
        by_digest: dict[str, list[Summary]] = {}
        for summary in summaries:
            by_digest.setdefault(summary.digest, []).append(summary)
        before = self._collected.get(key, {})
        fresh = {digest: seen for digest, seen in before.items() if now - seen.at <= self._lifetime}
        after = dict(fresh)
        for digest, said in by_digest.items():
            if (merged := merge(said)) is not None:
                after[digest] = Collected(merged, now)
        if after:
            self._collected[key] = after
        else:
            self._collected.pop(key, None)
        return _figures(before) != _figures(after)

    def drop(self, key: Key) -> None:
        """The resource is gone."""
        self._collected.pop(key, None)


def _figures(collected: dict[str, Collected]) -> dict[str, bytes]:
    return {digest: seen.summary.encode() for digest, seen in collected.items()}
