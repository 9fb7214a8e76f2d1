"""What a watch shows of many objects, and the moment when each of them is as expected."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

from kube import Object
from plain_api import PlainApi, path

Holds = Callable[[Object], bool]


class Watched:
    """The objects of a kind in all namespaces, by name, as the watch shows them. A fleet's names are unique."""

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}
        self._listeners: list[Callable[[str], None]] = []

    def take_in(self, event: Object) -> None:
        """An event of the watch."""
        name = event["object"]["metadata"]["name"]
        if event["type"] == "DELETED":
            self.objects.pop(name, None)
            return
        self.objects[name] = event["object"]
        for listener in tuple(self._listeners):
            listener(name)

    def replace(self, listed: Object) -> str:
        """A list of all there are; its version, from which on to watch."""
        for name in self.objects.keys() - {item["metadata"]["name"] for item in listed["items"]}:
            del self.objects[name]
        for item in listed["items"]:
            self.take_in({"type": "ADDED", "object": item})
        version: str = listed["metadata"]["resourceVersion"]
        return version

    async def until(self, names: Iterable[str], holds: Holds, seconds: float) -> dict[str, float]:
        """When (`time.monotonic`) each object was first seen to be as `holds` says; those in time, the others not."""
        waiting, seen = set(names), dict[str, float]()
        done = asyncio.Event()

        def look(name: str) -> None:
            if name in waiting and (found := self.objects.get(name)) is not None and holds(found):
                seen[name] = time.monotonic()
                waiting.discard(name)
                if not waiting:
                    done.set()

        for name in tuple(waiting):
            look(name)
        self._listeners.append(look)
        try:
            async with asyncio.timeout(seconds):
                if waiting:
                    await done.wait()
        except TimeoutError:
            pass
        finally:
            self._listeners.remove(look)
        return seen


@asynccontextmanager
async def watched(api: PlainApi, kind: str) -> AsyncIterator[Watched]:
    """As long as the context is open."""
    where = path(kind)
    found = Watched()
    version = found.replace(await api.get(where))

    async def follow() -> None:
        """A watch that is too slow for the API server is ended by it; what has happened meanwhile is in a new list."""
        nonlocal version
        while True:
            async for event in api.watch(where, version):
                assert event["type"] != "ERROR", event
                found.take_in(event)
            version = found.replace(await api.get(where))

    async with asyncio.TaskGroup() as group:  # a watch that fails ends the measurement
        task = group.create_task(follow())
        yield found
        task.cancel()


async def wait_until(holds: Callable[[], Awaitable[bool]], seconds: float) -> bool:
    """Whether it does before the time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if await holds():
            return True
        await asyncio.sleep(0.1)
    return False
