"""Leases in memory, for electors on virtual time: compare and swap as the API server does it, and faults."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass, field

from easy_mlops_operator.controller.client import ApiError
from easy_mlops_operator.controller.kinds import Key, Manifest


@dataclass
class LeaseStore:
    """At most one Lease. `latency` is each answer's delay; the requests of contenders in `cut_off` hang for ever."""

    lease: Manifest | None = None
    latency: float = 0.0
    version: int = 0
    cut_off: set[str] = field(default_factory=set)
    writes: list[str] = field(default_factory=list)

    def seen_by(self, who: str) -> LeasesOf:
        """The store as one contender reaches it."""
        return LeasesOf(self, who)

    @property
    def holder(self) -> str:
        return "" if self.lease is None else str(self.lease["spec"]["holderIdentity"])

    def swap(self, lease: Manifest) -> Manifest:
        self.version += 1
        self.lease = copy.deepcopy(lease)
        self.lease["metadata"]["resourceVersion"] = str(self.version)
        self.writes.append(self.holder)
        return copy.deepcopy(self.lease)


@dataclass(frozen=True)
class LeasesOf:
    store: LeaseStore
    who: str

    async def get_lease(self, key: Key) -> Manifest | None:
        await self._way()
        return copy.deepcopy(self.store.lease)

    async def create_lease(self, lease: Manifest) -> Manifest:
        await self._way()
        if self.store.lease is not None:
            raise ApiError(409, "already exists")
        return self.store.swap(lease)

    async def replace_lease(self, lease: Manifest) -> Manifest:
        await self._way()
        known = self.store.lease
        if known is None:
            raise ApiError(404, "not found")
        if known["metadata"]["resourceVersion"] != lease["metadata"]["resourceVersion"]:
            raise ApiError(409, "the object has been modified")
        return self.store.swap(lease)

    async def _way(self) -> None:
        await asyncio.sleep(self.store.latency)
        if self.who in self.store.cut_off:
            await asyncio.Event().wait()
