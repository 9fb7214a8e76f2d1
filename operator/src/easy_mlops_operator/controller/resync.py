"""Lists everything that is watched, once at the start and then from time to time.

Watches are fast but may miss something: kopf reports no deletion that fell into a gap of its own. A list replaces what
the store knows of a kind and thereby repairs it; afterwards each resource gets a pass in its turn.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from typing import Final

from easy_mlops_operator.controller.client import ApiError, Client, Page
from easy_mlops_operator.controller.kinds import WATCHED, Key, Kind, key_of, selector_of
from easy_mlops_operator.controller.store import Keys, Store
from easy_mlops_operator.controller.workqueue.queue import Queue

_RETRY_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
_PAGE_RETRY_SECONDS: Final = (0.2, 1.0)
"""Delays between tries of a page, so that a single failed request does not fail the list."""

_log = logging.getLogger(__name__)


class Resync:
    """Keeps the store complete.

    `observe_missed` receives a kind, how many resources have changes of it that no watch had delivered, and whether the
    watch must still deliver one of them. It need not deliver a deletion that fell into a gap of its own.
    """

    def __init__(
        self,
        *,
        client: Client,
        store: Store,
        queue: Queue,
        namespace: str | None,
        shard: str,
        interval: float,
        observe_missed: Callable[[Kind, int, bool], None],
    ) -> None:
        self._client = client
        self._store = store
        self._queue = queue
        self._namespace = namespace
        self._shard = shard
        self._interval = interval
        self._observe_missed = observe_missed

    async def run(self) -> None:
        """List from time to time until cancelled; a list that failed is repeated soon."""
        failures = 0
        delay = self._interval
        while True:
            await asyncio.sleep(delay)
            try:
                await self.list_all()
            except ApiError as error:
                delay = _RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)]
                failures += 1
                _log.warning("list failed", extra={"error": str(error), "retry_seconds": delay})
            else:
                failures = 0
                delay = self._interval * random.uniform(0.9, 1.1)  # noqa: S311 - jitter, not a secret

    async def list_all(self) -> None:
        """List each kind once, and ask for a pass over each resource. Raises `ApiError`."""
        was_complete = self._store.is_complete
        for kind in WATCHED:
            is_due, touched = await self._list(kind)
            if was_complete:
                self._observe_missed(kind, len(touched), is_due)
        self._queue.add(self._store.resources(), "resync")

    async def _list(self, kind: Kind) -> tuple[bool, Keys]:
        """Whether there were changes that no watch had delivered, and the resources concerned, which get a pass."""
        is_due, touched = False, Keys()
        listed: set[Key] = set()
        async for page in self._pages(kind):
            is_due = is_due or self._store.has_news(kind, page.objects)
            news = Keys().union(*(self._store.put(kind, obj) for obj in page.objects))
            listed.update(map(key_of, page.objects))
            touched |= self._tell(news)
        return is_due, touched | self._tell(self._store.drop_unlisted(kind, listed, page.version))

    async def _pages(self, kind: Kind) -> AsyncIterator[Page]:
        """At least one, which may be empty."""
        page = await self._page(kind, None)
        yield page
        while page.continued is not None:
            page = await self._page(kind, page.continued)
            yield page

    async def _page(self, kind: Kind, continued: str | None) -> Page:
        """A page that failed is requested again by itself: if some in a hundred fail, a list of hundreds of pages that
        started from the beginning each time would hardly ever end.
        """
        for seconds in _PAGE_RETRY_SECONDS:
            try:
                return await self._ask(kind, continued)
            except ApiError:
                await asyncio.sleep(seconds)
        return await self._ask(kind, continued)

    async def _ask(self, kind: Kind, continued: str | None) -> Page:
        return await self._client.page(kind, self._namespace, selector_of(kind, self._shard), continued)

    def _tell(self, news: Keys) -> Keys:
        """Ask for a pass at once, since later pages may fail; before the first list is complete no pass runs."""
        if self._store.is_complete:
            self._queue.add(news)
        return news
