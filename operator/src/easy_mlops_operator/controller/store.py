"""What the operator knows of the cluster: the newest version of each watched object, found by its resource.

Watch events, lists and the answers to our own writes all come in here, in any order, late or twice. An older
version never replaces a newer one, and what was deleted does not come back by a late event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from easy_mlops_operator.controller.kinds import (
    CHILDREN,
    MODEL_DEPLOYMENT,
    WATCHED,
    Key,
    Kind,
    Manifest,
    key_of,
    owner_of,
    version_of,
)
from easy_mlops_operator.controller.words import Words

Keys = frozenset[Key]
_NONE: Keys = frozenset()


class Store:
    """Objects by kind and key. Writers are told which resources need another look."""

    def __init__(self) -> None:
        self._objects: dict[Kind, dict[Key, Manifest]] = {kind: {} for kind in WATCHED}
        self._owned: dict[Kind, dict[Key, set[Key]]] = {kind: {} for kind in CHILDREN}
        self._gone: dict[Kind, dict[Key, int]] = {kind: {} for kind in WATCHED}
        self._listed: dict[Kind, int] = {}
        self._words = Words()

    @property
    def is_complete(self) -> bool:
        """Whether each kind has been listed once; before that, what is not here may still exist."""
        return len(self._listed) == len(WATCHED)

    def resources(self) -> Iterator[Key]:
        """All resources."""
        return iter(tuple(self._objects[MODEL_DEPLOYMENT]))

    def resource(self, key: Key) -> Manifest | None:
        """The ModelDeployment of a key."""
        return self._objects[MODEL_DEPLOYMENT].get(key)

    def get(self, kind: Kind, key: Key) -> Manifest | None:
        """An object by its own key."""
        return self._objects[kind].get(key)

    def children(self, kind: Kind, owner: Key) -> tuple[Manifest, ...]:
        """The objects of a kind that belong to a resource, by name."""
        objects = self._objects[kind]
        return tuple(objects[key] for key in sorted(self._owned[kind].get(owner, ())))

    def count(self, kind: Kind) -> int:
        """How many objects of a kind there are."""
        return len(self._objects[kind])

    def has_news(self, kind: Kind, objects: Iterable[Manifest]) -> bool:
        """Whether one of these is newer than what is known of it, and than its deletion."""
        known, gone = self._objects[kind], self._gone[kind]
        return any(
            version_of(obj) > max(version_of(known.get(key, {})), gone.get(key, 0))
            for obj in objects
            for key in (key_of(obj),)
        )

    def put(self, kind: Kind, obj: Manifest) -> Keys:
        """Take in a version of an object; the resources concerned, none when it is not news."""
        key, version = key_of(obj), version_of(obj)
        if version < self._gone[kind].get(key, 0):
            return _NONE
        known = self._objects[kind].get(key)
        if known is not None and version_of(known) >= version > 0:
            return _NONE
        before = self._unlink(kind, key)
        obj["metadata"].pop("managedFields", None)  # half of an object's size, and nobody here reads them
        obj = self._words.share(obj)
        self._objects[kind][key] = obj
        self._gone[kind].pop(key, None)
        return before | self._link(kind, key, obj)

    def remove(self, kind: Kind, obj: Manifest) -> Keys:
        """Take in a deletion. `obj` is the last version; one that is older than what is known is ignored."""
        key, version = key_of(obj), version_of(obj)
        known = self._objects[kind].get(key)
        if known is not None and version_of(known) > version > 0:
            return _NONE
        self._gone[kind][key] = max(version, self._gone[kind].get(key, 0))
        return self._drop(kind, key)

    def forget(self, kind: Kind, obj: Manifest) -> Keys:
        """Drop exactly this version, which the API server says does not exist any more."""
        known = self._objects[kind].get(key_of(obj))
        return self._drop(kind, key_of(obj)) if known is obj else _NONE

    def replace(self, kind: Kind, objects: Iterable[Manifest], version: int) -> Keys:
        """Take in a whole list as of `version`: what is older and not in it was deleted while nobody saw it."""
        touched = _NONE
        listed = set()
        for obj in objects:
            listed.add(key_of(obj))
            touched |= self.put(kind, obj)
        for key, obj in tuple(self._objects[kind].items()):
            if key not in listed and version_of(obj) <= version:
                self._gone[kind][key] = version
                touched |= self._drop(kind, key)
        # An event older than the list before this one cannot still be on its way.
        horizon = self._listed.get(kind, 0)
        self._gone[kind] = {key: seen for key, seen in self._gone[kind].items() if seen >= horizon}
        self._listed[kind] = version
        return touched

    def _link(self, kind: Kind, key: Key, obj: Manifest) -> Keys:
        owner = owner_of(kind, obj)
        if owner is None:
            return _NONE
        if kind is not MODEL_DEPLOYMENT:
            self._owned[kind].setdefault(owner, set()).add(key)
        return frozenset((owner,))

    def _unlink(self, kind: Kind, key: Key) -> Keys:
        known = self._objects[kind].get(key)
        owner = None if known is None else owner_of(kind, known)
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
