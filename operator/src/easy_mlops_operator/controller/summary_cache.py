"""The newest figures of the scoring pods, by resource and by the digest of what they serve.

Answers are kept compressed, which takes a small part of the memory of what they say; a pass that judges them decodes
them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from easy_mlops.monitoring.summary import Summary, merge

from easy_mlops_operator.controller.kinds import Key

Decode = Callable[[bytes], Summary | None]
"""Decodes a pod's answer; None if it is no summary."""

_KEPT: Final = 10
"""Times `stale_after` for which figures are kept; by then a pass has seen that they are stale."""


@dataclass(frozen=True)
class Collected:
    """The answers of all pods of one digest, and when they came; without answers, since when pods have been asked.

    `fingerprint` differs if the answers do.
    """

    packed: tuple[bytes, ...]
    at: datetime
    fingerprint: int = 0

    @classmethod
    def of(cls, answers: Sequence[bytes], at: datetime) -> Collected:
        """Compress answers."""
        return cls(tuple(zlib.compress(raw, zlib.Z_BEST_SPEED) for raw in answers), at, hash(tuple(answers)))

    def summary(self) -> Summary | None:
        """The pods' figures as one; None if no pod has answered."""
        return merge(Summary.decode(zlib.decompress(each)) for each in self.packed)


@dataclass
class _Figures:
    """All figures of a resource.

    `answers` is the fingerprint of the last answers, which were about the digests in `newest`; `asked_at` is when the
    pods were last asked, `unanswered` since when without an answer.
    """

    by_digest: dict[str, Collected] = field(default_factory=dict)
    unanswered: Collected | None = None
    answers: int | None = None
    newest: frozenset[str] = frozenset()
    asked_at: datetime | None = None

    def entries(self) -> dict[str, Collected]:
        """The figures by digest; those of nobody have the empty digest."""
        return {**self.by_digest} | ({"": self.unanswered} if self.unanswered else {})


class SummaryCache:
    """What the pods answered, and for how long they have not."""

    def __init__(self, stale_after: timedelta) -> None:
        self._stale_after = stale_after
        self._figures: dict[Key, _Figures] = {}

    def of(self, key: Key, digest: str) -> Collected | None:
        """The figures of the pods that serve `digest`, however old; None if no pod has been asked yet."""
        figures = self._figures.get(key, _Figures())
        return figures.by_digest.get(digest, figures.unanswered)

    def put(self, key: Key, asked: int, answers: Sequence[bytes], decode: Decode, now: datetime) -> bool:
        """Store the answers of `asked` pods; whether a pass has to look: figures have changed, or have become stale.

        `decode` takes longer than all the rest, and pods without requests give the same answer again and again: it is
        called only if they do not.
        """
        figures = self._figures.setdefault(key, _Figures())
        before, asked_before = figures.entries(), figures.asked_at
        in_order = tuple(sorted(answers))
        if hash(in_order) == figures.answers:
            for digest in figures.newest:
                figures.by_digest[digest] = replace(figures.by_digest[digest], at=now)
        else:
            self._store(figures, in_order, decode, now)
        for digest, collected in tuple(figures.by_digest.items()):
            if now - collected.at > _KEPT * self._stale_after:
                del figures.by_digest[digest]
        if figures.newest or not asked:
            figures.unanswered = None
        elif figures.unanswered is None:
            figures.unanswered = Collected((), now)
        figures.asked_at = now
        after = figures.entries()
        return before.keys() != after.keys() or any(
            self._is_news(before[digest], collected, asked_before, now) for digest, collected in after.items()
        )

    def drop(self, key: Key) -> None:
        """The resource is gone."""
        self._figures.pop(key, None)

    def _store(self, figures: _Figures, answers: tuple[bytes, ...], decode: Decode, now: datetime) -> None:
        by_digest: dict[str, list[bytes]] = {}
        for raw in answers:
            if (summary := decode(raw)) is not None:
                by_digest.setdefault(summary.digest, []).append(raw)
        figures.newest = frozenset(by_digest)
        for digest, raws in by_digest.items():
            figures.by_digest[digest] = Collected.of(raws, now)
        is_whole = sum(map(len, by_digest.values())) == len(answers)  # else what cannot be decoded is decoded each time
        figures.answers = hash(answers) if is_whole else None

    def _is_news(self, old: Collected, new: Collected, asked_before: datetime | None, now: datetime) -> bool:
        """Whether figures have changed, are fresh again after they were stale, or have become stale since last asked.

        Staleness follows from times alone, as it does in a pass. So it makes no difference what a pass has seen.
        """
        if new.fingerprint != old.fingerprint:
            return True
        is_stale = now - old.at > self._stale_after
        if new.at != old.at:
            return is_stale
        return is_stale and (asked_before is None or asked_before - old.at <= self._stale_after)
