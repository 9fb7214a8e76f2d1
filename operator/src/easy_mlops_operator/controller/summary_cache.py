"""The newest figures of the scoring pods, by resource and by the digest of what they serve.

Kept are the pods' words, compressed, which take up a small part of what they say; a pass that judges them reads them.
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
"""What a pod's answer says; None when it is no summary."""

_KEPT: Final = 10
"""Times `stale_after` for which figures are kept; by then a pass has seen that they are stale."""


@dataclass(frozen=True)
class Collected:
    """What all pods of one digest said, and when; or, without answers, that they were asked in vain, and since when.

    `words` stands for their answers: others make another number.
    """

    packed: tuple[bytes, ...]
    at: datetime
    words: int = 0

    @classmethod
    def of(cls, answers: Sequence[bytes], at: datetime) -> Collected:
        """What is kept of the answers."""
        return cls(tuple(zlib.compress(raw, zlib.Z_BEST_SPEED) for raw in answers), at, hash(tuple(answers)))

    def summary(self) -> Summary | None:
        """The pods' figures as one; None when they were asked in vain."""
        return merge(Summary.decode(zlib.decompress(each)) for each in self.packed)


@dataclass
class _Figures:
    """All that is known of a resource.

    `answers` stands for what the pods said last, about the digests in `newest`; `told` is what was last given out as
    news.
    """

    by_digest: dict[str, Collected] = field(default_factory=dict)
    in_vain: Collected | None = None
    answers: int | None = None
    newest: frozenset[str] = frozenset()
    told: dict[str, tuple[int, bool]] = field(default_factory=dict)


class SummaryCache:
    """What the pods said, and for how long they have not said anything."""

    def __init__(self, stale_after: timedelta) -> None:
        self._stale_after = stale_after
        self._figures: dict[Key, _Figures] = {}

    def of(self, key: Key, digest: str) -> Collected | None:
        """The figures of the pods that serve `digest`, however old; None when nobody has been asked yet."""
        figures = self._figures.get(key, _Figures())
        return figures.by_digest.get(digest, figures.in_vain)

    def put(self, key: Key, asked: int, answers: Sequence[bytes], decode: Decode, now: datetime) -> bool:
        """Take in what came of asking so many pods; whether there is news: other figures, or figures gone stale.

        `decode` takes longer than all the rest, and pods that nobody asks anything say the same again and again: it
        is called only when they do not.
        """
        figures = self._figures.setdefault(key, _Figures())
        words = tuple(sorted(answers))
        if hash(words) == figures.answers:
            for digest in figures.newest:
                figures.by_digest[digest] = replace(figures.by_digest[digest], at=now)
        else:
            self._take_in(figures, words, decode, now)
        for digest, collected in tuple(figures.by_digest.items()):
            if now - collected.at > _KEPT * self._stale_after:
                del figures.by_digest[digest]
        if figures.newest or not asked:
            figures.in_vain = None
        elif figures.in_vain is None:
            figures.in_vain = Collected((), now)
        told = self._told(figures, now)
        is_news = told != figures.told
        figures.told = told
        return is_news

    def _take_in(self, figures: _Figures, answers: tuple[bytes, ...], decode: Decode, now: datetime) -> None:
        said: dict[str, list[bytes]] = {}
        for raw in answers:
            if (summary := decode(raw)) is not None:
                said.setdefault(summary.digest, []).append(raw)
        figures.newest = frozenset(said)
        for digest, raws in said.items():
            figures.by_digest[digest] = Collected.of(raws, now)
        is_whole = sum(map(len, said.values())) == len(answers)  # else what cannot be decoded is told each time
        figures.answers = hash(answers) if is_whole else None

    def looked(self, key: Key, at: datetime | None, now: datetime) -> None:
        """A pass has looked at figures of `at`. Those that it found stale are news when they are fresh again, even if
        the pods say the same and nobody but that pass has noticed, as happens when asking takes longer than it should.
        """
        figures = self._figures.get(key)
        if figures is not None and at is not None and self._is_stale(at, now):
            figures.told = {digest: (words, True) for digest, (words, _) in figures.told.items()}

    def drop(self, key: Key) -> None:
        """The resource is gone."""
        self._figures.pop(key, None)

    def _told(self, figures: _Figures, now: datetime) -> dict[str, tuple[int, bool]]:
        everything = {**figures.by_digest} | ({"": figures.in_vain} if figures.in_vain else {})
        return {digest: (known.words, self._is_stale(known.at, now)) for digest, known in everything.items()}

    def _is_stale(self, at: datetime, now: datetime) -> bool:
        return now - at > self._stale_after
