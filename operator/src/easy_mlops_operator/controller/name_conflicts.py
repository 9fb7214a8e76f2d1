"""Objects of others with the names of our children. They lack our label, so that no watch shows them."""

from __future__ import annotations

from easy_mlops_operator.controller.kinds import Key, Kind


class NameConflicts:
    """Conflicts that the executor met, by resource. The gatherer checks whether they still exist."""

    def __init__(self) -> None:
        self._names: dict[Key, set[tuple[Kind, str]]] = {}

    def note(self, owner: Key, kind: Kind, name: str) -> None:
        """An object of somebody else has this name."""
        self._names.setdefault(owner, set()).add((kind, name))

    def of(self, owner: Key) -> list[tuple[Kind, str]]:
        """The conflicts of a resource, in a fixed order."""
        return sorted(self._names.get(owner, ()), key=lambda noted: (noted[0].name, noted[1]))

    def drop(self, owner: Key, kind: Kind, name: str) -> None:
        """The conflict is over."""
        noted = self._names.get(owner, set())
        noted.discard((kind, name))
        if not noted:
            self._names.pop(owner, None)

    def drop_all(self, owner: Key) -> None:
        """The resource is gone."""
        self._names.pop(owner, None)
