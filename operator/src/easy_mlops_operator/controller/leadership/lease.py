"""Who leads, decided from what a Lease says: the rules of client-go's leader election, without clock and I/O.

The times in a Lease are its holder's, and clocks differ. So nobody compares them: a Lease is held as long as its
record has changed within its duration, by the watcher's own monotonic clock.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from easy_mlops_operator.controller.kinds import LEASE, Key, Manifest

NEVER: Final = float("-inf")


@dataclass(frozen=True)
class Timing:
    """Seconds. A holder renews each `retry`; one that could not for `deadline` stops writing, and nobody else takes
    the Lease before it was unchanged for `duration`, so that between the two nobody leads."""

    duration: float = 15.0
    deadline: float = 10.0
    retry: float = 2.0


class Candidacy:
    """What one candidate has seen of the Lease, and what it may do about it."""

    def __init__(self, lease: Key, identity: str, timing: Timing) -> None:
        self.lease = lease
        self.identity = identity
        self._timing = timing
        self._seen: Manifest | None = None
        self._changed_at = NEVER
        self._renewed_at = NEVER

    @property
    def holder(self) -> str:
        """Who holds the Lease, as last seen; empty when nobody does."""
        return str(self._spec().get("holderIdentity") or "")

    @property
    def transitions(self) -> int:
        """How often the Lease has changed hands."""
        return int(self._spec().get("leaseTransitions") or 0)

    @property
    def exists(self) -> bool:
        """Whether there was a Lease when it was last looked at."""
        return self._seen is not None

    def see(self, lease: Manifest | None, now: float) -> None:
        """Take in the Lease as it is at `now`; None when there is none. Somebody else's ends what we held."""
        if lease is None or lease["spec"] != self._spec():
            self._changed_at = now
        self._seen = lease
        if self.holder != self.identity:
            self._renewed_at = NEVER

    def may_claim(self, now: float) -> bool:
        """Whether the Lease is free, has run out, or is ours already: also from before a restart of this pod."""
        if self.holder in {"", self.identity}:
            return True
        return now >= self._changed_at + float(self._spec().get("leaseDurationSeconds") or self._timing.duration)

    def claim(self, wall: datetime) -> Manifest:
        """The Lease with us as its holder; its resourceVersion makes the write fail when somebody was faster."""
        lease = self._next(wall)
        spec = lease["spec"]
        if self.holder != self.identity:
            spec["acquireTime"] = micro_time(wall)
            spec["leaseTransitions"] = self.transitions + int(self.exists)
        spec |= {"holderIdentity": self.identity, "leaseDurationSeconds": round(self._timing.duration)}
        return lease

    def release(self, wall: datetime) -> Manifest:
        """The Lease with nobody as its holder."""
        lease = self._next(wall)
        lease["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1}
        return lease

    def claimed(self, lease: Manifest, asked_at: float, now: float) -> None:
        """A claim that was sent at `asked_at` has been answered with `lease`.

        Others count from when they see it, which is later than `asked_at`: we give up first.
        """
        self.see(lease, now)
        self._renewed_at = asked_at

    def resign(self) -> None:
        """From now on nothing is ours, whatever the Lease says."""
        self._renewed_at = NEVER

    def deadline(self) -> float:
        """When we stop unless a renewal succeeds before."""
        return self._renewed_at + self._timing.deadline

    def seconds_left(self, now: float) -> float:
        """How long a write that starts now may take before somebody else can lead; 0 when none may start."""
        return self._renewed_at + self._timing.duration - now if now < self.deadline() else 0.0

    def _spec(self) -> dict[str, Any]:
        return {} if self._seen is None else self._seen["spec"]

    def _next(self, wall: datetime) -> Manifest:
        new: Manifest = {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.name,
            "metadata": self.lease._asdict(),
            "spec": {},
        }
        lease = copy.deepcopy(self._seen) or new
        lease["spec"]["renewTime"] = micro_time(wall)
        return lease


def micro_time(moment: datetime) -> str:
    """In the format of `metav1.MicroTime`, which requires all six digits."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
