"""Objects that stand where a child of ours should be, and that no watch shows because they lack our label."""

from __future__ import annotations

from easy_mlops_operator.controller.kinds import Key, Kind


class NameConflicts:
    """What the executor ran into, by resource. The gatherer looks whether it is still there."""

    def __init__(self) -> None:
        self._names: dict[Key, set[tuple[Kind, str]]] = {}

    def note(self, owner: Key, kind: Kind, name: str) -> None:
        """Somebody else's object has this name."""
        self._names.setdefault(owner, set()).add((kind, name))

    def of(self, owner: Key) -> list[tuple[Kind, str]]:
        """What was noted for a resource, in a fixed order."""
        return sorted(self._names.get(owner, ()), key=lambda noted: (noted[0].name, noted[1]))

    def drop(self, owner: Key, kind: Kind, name: str) -> None:
        """It is not in the way any more."""
        noted = self._names.get(owner, set())
        noted.discard((kind, name))
        if not noted:
            self._names.pop(owner, None)

    def drop_all(self, owner: Key) -> None:
        """The resource is gone."""
        self._names.pop(owner, None)
