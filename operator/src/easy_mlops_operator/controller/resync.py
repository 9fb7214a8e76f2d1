"""Lists all that is watched, once at the start and then from time to time.

The watches are fast but may miss something: kopf reports no deletion that fell into a gap of its own. A list
replaces what the store knows of a kind and thereby mends that; afterwards each resource gets a look in its turn.
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
"""For long enough that a request that fails by chance does not fail the list."""

_log = logging.getLogger(__name__)


class Resync:
    """Keeps the store whole.

    `observe_missed` is told of how many resources the watches had not shown a change of a kind, and whether there is
    one among the changes that the watch must still bring. It need not be a deletion: of one that fell into a gap of
    its own, kopf's watch never tells.
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
        """List from time to time until cancelled; a list that failed is tried again soon."""
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
        """List each kind once, and have a look at each resource. Raises `ApiError`."""
        was_complete = self._store.is_complete
        for kind in WATCHED:
            is_due, touched = await self._list(kind)
            if was_complete:
                self._observe_missed(kind, len(touched), is_due)
        self._queue.add(self._store.resources(), "resync")

    async def _list(self, kind: Kind) -> tuple[bool, Keys]:
        """Whether there was news that no watch had brought, and the resources concerned, which get a look."""
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
        """A page that failed is asked for again by itself: with some in a hundred failing, a list of hundreds that
        began anew each time would hardly ever end.
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
        """Ask for a look at once, since the pages to come may fail; before the first list is complete nobody looks."""
        if self._store.is_complete:
            self._queue.add(news)
        return news
