"""Takes, keeps and hands over leadership: `Candidacy` with a clock, an API server, and patience."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from easy_mlops_operator.controller.client import ApiError
from easy_mlops_operator.controller.kinds import Key, Manifest
from easy_mlops_operator.controller.leadership.lease import Candidacy, Timing

RELEASE_SECONDS: Final = 1.0
"""How long a leader that ends tries to release the Lease; after that, others wait until it has expired."""

_log = logging.getLogger(__name__)


class Leadership(Protocol):
    """Whether this replica may act."""

    @property
    def role(self) -> str:
        """`leading` or `standing by`."""

    def seconds_left(self) -> float:
        """How long a write that starts now may take; 0 when none may start."""

    async def acquire(self) -> None:
        """Return as soon as this replica leads."""

    async def hold(self) -> None:
        """Keep leading; returns when that is over."""

    async def release(self) -> None:
        """Let another replica lead at once."""


class Leases(Protocol):
    """Where the Lease is: `easy_mlops_operator.controller.client.Client`."""

    async def get_lease(self, key: Key) -> Manifest | None: ...
    async def create_lease(self, lease: Manifest) -> Manifest: ...
    async def replace_lease(self, lease: Manifest) -> Manifest: ...


class Alone:
    """Without an election: the only replica leads from its start."""

    role: Final = "leading"

    def seconds_left(self) -> float:
        return math.inf

    async def acquire(self) -> None:
        return

    async def hold(self) -> None:
        await asyncio.get_running_loop().create_future()

    async def release(self) -> None:
        return


class Elector:
    """Leads while it holds a Lease. `clock` gives the time of day, for people who read the Lease."""

    def __init__(self, leases: Leases, lease: Key, identity: str, clock: Callable[[], datetime]) -> None:
        """Belongs to the running event loop."""
        self._monotonic = asyncio.get_running_loop().time
        self._leases = leases
        self._timing = Timing()
        self._candidacy = Candidacy(lease, identity, self._timing)
        self._clock = clock
        self._logged_holder = ""

    @property
    def role(self) -> str:
        return "leading" if self.seconds_left() > 0 else "standing by"

    def seconds_left(self) -> float:
        return self._candidacy.seconds_left(self._monotonic())

    async def acquire(self) -> None:
        """Try to get the Lease, twice in each renewal period, so that a hand-over takes no longer."""
        while not await self._try(self._timing.deadline / 2):
            self._log_holder()
            await asyncio.sleep(self._timing.retry * random.uniform(0.4, 0.5))  # noqa: S311 - jitter, not a secret
        _log.info("leading", extra=self._about())

    async def hold(self) -> None:
        """Renew the Lease until it is lost: to somebody else, or because nobody answered before the deadline."""
        while (left := self._candidacy.deadline() - self._monotonic()) > 0:
            await asyncio.sleep(min(self._timing.retry, left))
            # A request that hangs must leave time for another one.
            left = self._candidacy.deadline() - self._monotonic()
            await self._try(min(self._timing.deadline / 2, left))
        _log.error("leadership lost", extra=self._about())

    async def release(self) -> None:
        """Empty the Lease if it is ours. A claim that was under way may have gone through, so it is looked at."""
        self._candidacy.resign()
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                await self._look()
                if self._candidacy.exists and self._candidacy.holder == self._candidacy.identity:
                    await self._leases.replace_lease(self._candidacy.release(self._clock()))
                    _log.info("lease released", extra=self._about())
        except (ApiError, TimeoutError) as error:
            _log.warning("lease not released", extra=self._about() | {"error": str(error) or "no answer in time"})

    async def _try(self, seconds: float) -> bool:
        """Claim the Lease or renew it; false when it is somebody else's, or nobody answered in time."""
        try:
            async with asyncio.timeout(seconds):
                if self.seconds_left() <= 0:
                    await self._look()
                while self._candidacy.may_claim(self._monotonic()):
                    if await self._claim():
                        return True
                    await self._look()
        except (ApiError, TimeoutError) as error:
            _log.warning("lease not renewed", extra=self._about() | {"error": str(error) or "no answer in time"})
        return False

    async def _look(self) -> None:
        self._candidacy.see(await self._leases.get_lease(self._candidacy.lease), self._monotonic())

    async def _claim(self) -> bool:
        """Write the claim; false when the Lease was not as it was seen."""
        asked_at = self._monotonic()
        write = self._leases.replace_lease if self._candidacy.exists else self._leases.create_lease
        try:
            lease = await write(self._candidacy.claim(self._clock()))
        except ApiError as error:
            if error.status in {404, 409}:
                return False
            raise
        self._candidacy.claimed(lease, asked_at, self._monotonic())
        return True

    def _log_holder(self) -> None:
        if self._logged_holder != self._candidacy.holder:
            self._logged_holder = self._candidacy.holder
            _log.info("standing by", extra=self._about())

    def _about(self) -> dict[str, object]:
        seen = self._candidacy
        return {
            "lease": str(seen.lease),
            "identity": seen.identity,
            "holder": seen.holder,
            "transitions": seen.transitions,
        }
