"""What the operator knows of the cluster: the newest version of each watched object, by resource.

Each is stored as compressed JSON, a tenth of what the same object takes up as dicts, of which a fleet has a million.
Each read gives a new object.

Watch events, lists and the answers to our own writes arrive here in any order, late or twice. An older
version never replaces a newer one, and what was deleted does not come back by a late event.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from easy_mlops_operator.controller.kinds import (
    CHILDREN,
    MODEL_DEPLOYMENT,
    WATCHED,
    Key,
    Kind,
    Manifest,
    key_of,
    lean,
    owner_of,
    version_of,
)

Keys = frozenset[Key]
_NONE: Keys = frozenset()


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A version of an object, compressed, and the fields that are needed more often than the whole object."""

    version: int
    uid: str
    owner: Key | None
    packed: bytes

    @classmethod
    def of(cls, kind: Kind, obj: Manifest) -> StoredObject:
        """Compress an object."""
        text = json.dumps(lean(kind, obj), separators=(",", ":")).encode()
        packed = zlib.compress(text, zlib.Z_BEST_SPEED)
        return cls(version_of(obj), str(obj["metadata"].get("uid", "")), owner_of(kind, obj), packed)

    def read(self) -> Manifest:
        """The object."""
        read: Manifest = json.loads(zlib.decompress(self.packed))
        return read


class Store:
    """Objects by kind and key. Writers get the keys of the resources that need a pass."""

    def __init__(self) -> None:
        self._objects: dict[Kind, dict[Key, StoredObject]] = {kind: {} for kind in WATCHED}
        self._owned: dict[Kind, dict[Key, set[Key]]] = {kind: {} for kind in CHILDREN}
        self._gone: dict[Kind, dict[Key, int]] = {kind: {} for kind in WATCHED}
        self._listed: dict[Kind, int] = {}

    @property
    def is_complete(self) -> bool:
        """Whether each kind has been listed once; before that, an object that is not here may still exist."""
        return len(self._listed) == len(WATCHED)

    def resources(self) -> Iterator[Key]:
        """All resources."""
        return iter(tuple(self._objects[MODEL_DEPLOYMENT]))

    def stored(self, key: Key) -> StoredObject | None:
        """The ModelDeployment of a key, compressed, for callers that need not read it."""
        return self._objects[MODEL_DEPLOYMENT].get(key)

    def resource(self, key: Key) -> Manifest | None:
        """The ModelDeployment of a key."""
        return self.get(MODEL_DEPLOYMENT, key)

    def get(self, kind: Kind, key: Key) -> Manifest | None:
        """An object by its own key."""
        known = self._objects[kind].get(key)
        return None if known is None else known.read()

    def children(self, kind: Kind, owner: Key) -> tuple[Manifest, ...]:
        """The objects of a kind that belong to a resource, by name."""
        return tuple(stored.read() for stored in self.stored_children(kind, owner))

    def stored_children(self, kind: Kind, owner: Key) -> tuple[StoredObject, ...]:
        """The children, compressed, for callers that may have read these versions already."""
        objects = self._objects[kind]
        return tuple(objects[key] for key in sorted(self._owned[kind].get(owner, ())))

    def count(self, kind: Kind) -> int:
        """How many objects of a kind there are."""
        return len(self._objects[kind])

    def has_news(self, kind: Kind, objects: Iterable[Manifest]) -> bool:
        """Whether one of these is newer than the version known, and than its deletion."""
        gone = self._gone[kind]
        return any(
            version_of(obj) > max(self._version(kind, key), gone.get(key, 0))
            for obj in objects
            for key in (key_of(obj),)
        )

    def put(self, kind: Kind, obj: Manifest) -> Keys:
        """Store a version of an object; returns the resources concerned, none if the version is not new."""
        key, version = key_of(obj), version_of(obj)
        if version < self._gone[kind].get(key, 0):
            return _NONE
        if self._version(kind, key) >= version > 0:
            return _NONE
        before = self._unlink(kind, key)
        stored = self._objects[kind][key] = StoredObject.of(kind, obj)
        self._gone[kind].pop(key, None)
        return before | self._link(kind, key, stored)

    def remove(self, kind: Kind, obj: Manifest) -> Keys:
        """Store a deletion. `obj` is the last version; one older than the version known is ignored."""
        key, version = key_of(obj), version_of(obj)
        if self._version(kind, key) > version > 0:
            return _NONE
        self._gone[kind][key] = max(version, self._gone[kind].get(key, 0))
        return self._drop(kind, key)

    def forget(self, kind: Kind, obj: Manifest) -> Keys:
        """Drop exactly this version, which does not exist any more according to the API server."""
        key = key_of(obj)
        return self._drop(kind, key) if self._version(kind, key) == version_of(obj) else _NONE

    def drop_unlisted(self, kind: Kind, listed: Set[Key], version: int) -> Keys:
        """A whole list as of `version` has been stored: objects that are older and not in it were deleted unseen."""
        touched = _NONE
        for key, stored in tuple(self._objects[kind].items()):
            if key not in listed and stored.version <= version:
                self._gone[kind][key] = version
                touched |= self._drop(kind, key)
        # An event older than the list before this one cannot arrive any more.
        horizon = self._listed.get(kind, 0)
        self._gone[kind] = {key: seen for key, seen in self._gone[kind].items() if seen >= horizon}
        self._listed[kind] = version
        return touched

    def _version(self, kind: Kind, key: Key) -> int:
        known = self._objects[kind].get(key)
        return 0 if known is None else known.version

    def _link(self, kind: Kind, key: Key, stored: StoredObject) -> Keys:
        if stored.owner is None:
            return _NONE
        if kind is not MODEL_DEPLOYMENT:
            self._owned[kind].setdefault(stored.owner, set()).add(key)
        return frozenset((stored.owner,))

    def _unlink(self, kind: Kind, key: Key) -> Keys:
        known = self._objects[kind].get(key)
        owner = None if known is None else known.owner
        if owner is None:
            return _NONE
        if kind is not MODEL_DEPLOYMENT:
            siblings = self._owned[kind][owner]
            siblings.discard(key)
            if not siblings:
                del self._owned[kind][owner]
        return frozenset((owner,))

    def _drop(self, kind: Kind, key: Key) -> Keys:
        touched = self._unlink(kind, key)
        self._objects[kind].pop(key, None)
        return touched
