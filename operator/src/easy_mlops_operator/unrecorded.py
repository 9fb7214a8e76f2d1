"""kopf's records of what it has handled, switched off.

For handlers of other kinds than ours kopf keeps them in annotations, and prepares them for each event of each object
whether there is such a handler or not: two deep copies of the object, a fifth of the operator's processor time. And it
remembers each object: a kilobyte for each of the ten of a resource.
"""

from __future__ import annotations

from typing import Any, cast

import kopf
from kopf._core.reactor.inventory import ResourceMemories, ResourceMemory


class NoLastState(kopf.DiffBaseStorage):
    """Remembers no last state of any object, and so copies none."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        """Nothing of an object is compared."""
        return cast(kopf.BodyEssence, {})

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        """No object has been handled before."""
        return None

    def store(self, **_: Any) -> None:
        """Nothing is written."""


class NoProgress(kopf.ProgressStorage):
    """Remembers no progress of any handler: ours are done at once."""

    def fetch(self, **_: Any) -> None:
        """No handler is at work."""

    def store(self, **_: Any) -> None:
        """Nothing is written."""

    def purge(self, **_: Any) -> None:
        """There is nothing to remove."""

    def touch(self, **_: Any) -> None:
        """Nothing is written."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        """Nothing of ours is in it."""
        return essence


class NoMemories(ResourceMemories):
    """Remembers no object from one event to the next: that is for handlers that go on, and for indices."""

    async def recall(self, *args: Any, **kwargs: Any) -> ResourceMemory:
        """A new memory each time."""
        return await super().recall(*args, **{**kwargs, "ephemeral": True})
