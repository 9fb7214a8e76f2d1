"""Storages and memories for kopf that keep nothing.

kopf keeps the state of its other kinds of handlers in annotations, and prepares it for each event of each object even
when there is no such handler: two deep copies of the object, a fifth of the operator's processor time. It also
remembers each object, which takes a kilobyte for each of the ten objects of a resource.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast, get_args, get_type_hints

import kopf

_MEMORIES: Final = next(
    each for each in get_args(get_type_hints(kopf.spawn_tasks)["memories"]) if each is not type(None)
)
"""The class of `kopf.spawn_tasks`' parameter `memories`, which kopf exports under no public name."""


class NoLastState(kopf.DiffBaseStorage):
    """Stores no last-handled state, so that no object is copied."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        """No part of an object is compared."""
        return cast(kopf.BodyEssence, {})

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        """No object has a last-handled state."""
        return None

    def store(self, **_: Any) -> None:
        """Nothing is written."""


class NoProgress(kopf.ProgressStorage):
    """Stores no progress of handlers: ours finish within the event."""

    def fetch(self, **_: Any) -> None:
        """No handler is in progress."""

    def store(self, **_: Any) -> None:
        """Nothing is written."""

    def purge(self, **_: Any) -> None:
        """There is nothing to remove."""

    def touch(self, **_: Any) -> None:
        """Nothing is written."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        """The object has no fields of ours."""
        return essence


class NoMemories:
    """Stands in for kopf's memories of objects, which serve daemons, timers and indices, and keeps none of them."""

    def __init__(self) -> None:
        self._memories = _MEMORIES()

    async def recall(self, raw_body: Any, **options: Any) -> Any:
        """A new memory for each event."""
        return await self._memories.recall(raw_body, **{**options, "ephemeral": True})

    async def forget(self, raw_body: Any) -> None:
        """There is nothing to forget."""

    def iter_all_memories(self) -> Iterator[Any]:
        """No object is remembered."""
        return iter(())

    iter_all_daemon_memories = iter_all_memories
