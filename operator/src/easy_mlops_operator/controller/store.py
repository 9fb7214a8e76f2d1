"""What the operator knows of the cluster: the newest version of each watched object, found by its resource.

Each is kept as compressed JSON, a tenth of what the same object takes up as dicts, of which a fleet has a million.
Whoever reads one gets an object of his own.

Watch events, lists and the answers to our own writes all come in here, in any order, late or twice. An older
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
class Kept:
    """A version of an object, and what is asked of it more often than all of it is read."""

    version: int
    uid: str
    owner: Key | None
    packed: bytes

    @classmethod
    def of(cls, kind: Kind, obj: Manifest) -> Kept:
        """What is kept of an object."""
        text = json.dumps(lean(obj), separators=(",", ":")).encode()
        packed = zlib.compress(text, zlib.Z_BEST_SPEED)
        return cls(version_of(obj), str(obj["metadata"].get("uid", "")), owner_of(kind, obj), packed)

    def read(self) -> Manifest:
        """The object."""
        read: Manifest = json.loads(zlib.decompress(self.packed))
        return read


class Store:
    """Objects by kind and key. Writers are told which resources need another look."""

    def __init__(self) -> None:
        self._objects: dict[Kind, dict[Key, Kept]] = {kind: {} for kind in WATCHED}
        self._owned: dict[Kind, dict[Key, set[Key]]] = {kind: {} for kind in CHILDREN}
        self._gone: dict[Kind, dict[Key, int]] = {kind: {} for kind in WATCHED}
        self._listed: dict[Kind, int] = {}

    @property
    def is_complete(self) -> bool:
        """Whether each kind has been listed once; before that, what is not here may still exist."""
        return len(self._listed) == len(WATCHED)

    def resources(self) -> Iterator[Key]:
        """All resources."""
        return iter(tuple(self._objects[MODEL_DEPLOYMENT]))

    def kept(self, key: Key) -> Kept | None:
        """The ModelDeployment of a key as it is kept, for whoever need not read it."""
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
        return tuple(kept.read() for kept in self.kept_children(kind, owner))

    def kept_children(self, kind: Kind, owner: Key) -> tuple[Kept, ...]:
        """The same as they are kept, for whoever has read these versions already."""
        objects = self._objects[kind]
        return tuple(objects[key] for key in sorted(self._owned[kind].get(owner, ())))

    def count(self, kind: Kind) -> int:
        """How many objects of a kind there are."""
        return len(self._objects[kind])

    def has_news(self, kind: Kind, objects: Iterable[Manifest]) -> bool:
        """Whether one of these is newer than what is known of it, and than its deletion."""
        gone = self._gone[kind]
        return any(
            version_of(obj) > max(self._version(kind, key), gone.get(key, 0))
            for obj in objects
            for key in (key_of(obj),)
        )

    def put(self, kind: Kind, obj: Manifest) -> Keys:
        """Take in a version of an object; the resources concerned, none when it is not news."""
        key, version = key_of(obj), version_of(obj)
        if version < self._gone[kind].get(key, 0):
            return _NONE
        if self._version(kind, key) >= version > 0:
            return _NONE
        before = self._unlink(kind, key)
        kept = self._objects[kind][key] = Kept.of(kind, obj)
        self._gone[kind].pop(key, None)
        return before | self._link(kind, key, kept)

    def remove(self, kind: Kind, obj: Manifest) -> Keys:
        """Take in a deletion. `obj` is the last version; one that is older than what is known is ignored."""
        key, version = key_of(obj), version_of(obj)
        if self._version(kind, key) > version > 0:
            return _NONE
        self._gone[kind][key] = max(version, self._gone[kind].get(key, 0))
        return self._drop(kind, key)

    def forget(self, kind: Kind, obj: Manifest) -> Keys:
        """Drop exactly this version, which the API server says does not exist any more."""
        key = key_of(obj)
        return self._drop(kind, key) if self._version(kind, key) == version_of(obj) else _NONE

    def drop_unlisted(self, kind: Kind, listed: Set[Key], version: int) -> Keys:
        """All of a list as of `version` has been put: what is older and not in it was deleted while nobody saw it."""
        touched = _NONE
        for key, kept in tuple(self._objects[kind].items()):
            if key not in listed and kept.version <= version:
                self._gone[kind][key] = version
                touched |= self._drop(kind, key)
        # An event older than the list before this one cannot still be on its way.
        horizon = self._listed.get(kind, 0)
        self._gone[kind] = {key: seen for key, seen in self._gone[kind].items() if seen >= horizon}
        self._listed[kind] = version
        return touched

    def _version(self, kind: Kind, key: Key) -> int:
        known = self._objects[kind].get(key)
        return 0 if known is None else known.version

    def _link(self, kind: Kind, key: Key, kept: Kept) -> Keys:
        if kept.owner is None:
            return _NONE
        if kind is not MODEL_DEPLOYMENT:
            self._owned[kind].setdefault(kept.owner, set()).add(key)
        return frozenset((kept.owner,))

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
