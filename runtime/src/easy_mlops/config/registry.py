"""Registries of steps: built-in ones, those that code registers, and those that installed packages provide."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, Self, TypeVar

from easy_mlops.config.base import StepSpec, step_of
from easy_mlops.config.errors import ConfigError, Problem
from easy_mlops.config.steps import Catalogue

log = logging.getLogger(__name__)

StepT = TypeVar("StepT")

_COLLECTED: ContextVar[list[type] | None] = ContextVar("collected_steps", default=None)


@contextmanager
def registered_apart() -> Iterator[list[type]]:
    """Collect the steps that are registered in this context in a list, for one configuration, and in no registry."""
    collected: list[type] = []
    token = _COLLECTED.set(collected)
    try:
        yield collected
    finally:
        _COLLECTED.reset(token)


class StepRegistry(dict[str, type[StepT]], Generic[StepT]):
    """Steps of one kind by name.

    A package provides a step by an entry point of the group `easy_mlops.<kind>_steps` with the name of the step. It is
    imported only when a configuration uses a step of that name that is not registered.
    """

    def __init__(self, kind: str, base: type[StepT], built_in: Iterable[type[StepT]]) -> None:
        """`kind` is `deployment` or `observability`; all steps are subclasses of `base`."""
        super().__init__()
        self._kind = kind
        self._base = base
        self.update({self._name_of(step): step for step in built_in})

    def register(self, step: Any) -> None:
        """Add a step under its `name`; replacing another step is logged.

        Raises `TypeError` if it is not a subclass of the base class, `AttributeError` if it has no name.
        """
        name = self._name_of(step)
        if (collected := _COLLECTED.get()) is not None:
            collected.append(step)
        else:
            self._put(name, step)

    def extended(self, steps: Iterable[type]) -> Self:
        """A copy of this registry with these steps added, except those of other kinds."""
        registry = type(self)(self._kind, self._base, self.values())
        for step in steps:
            if issubclass(step, self._base):
                registry._put(registry._name_of(step), step)
        return registry

    def catalogue(self, wanted: Iterable[str | StepSpec] | None = None) -> Catalogue:
        """The steps with the models of their parameters, including `wanted` ones of installed packages.

        If a wanted step is not registered, the names of all steps that packages provide are included. Raises
        `ConfigError` if a package provides a wanted step that cannot be imported.
        """
        missing = {step_of(item).type for item in wanted or ()} - set(self)
        offered = self._discover(missing) if missing else []
        return {**{name: getattr(step, "params_model", None) for name, step in self.items()}, **dict.fromkeys(offered)}

    def _discover(self, names: set[str]) -> list[str]:
        """Register the steps of these names that packages provide. Returns the names of their other steps."""
        from importlib.metadata import entry_points  # reads the metadata of every package: not on import

        others = []
        for point in entry_points(group=f"easy_mlops.{self._kind}_steps"):
            if point.name not in names:
                others.append(point.name)
                continue
            try:
                step = point.load()
                if (name := self._name_of(step)) != point.name:
                    raise ValueError(f"its name is {name!r}")
                self._put(name, step)
            except Exception as error:  # importing a package runs its code, which may raise anything
                package = point.dist.name if point.dist is not None else point.value
                message = f"step {point.name!r} of the package {package} cannot be used: {_text(error)}"
                raise ConfigError([Problem(f"{self._kind}.steps", "InvalidValue", message)]) from error
        return [name for name in others if name not in self]

    def _name_of(self, step: Any) -> str:
        if not (isinstance(step, type) and issubclass(step, self._base)):
            raise TypeError(f"a step must be a subclass of {self._base.__name__}, got {step!r}")
        name = getattr(step, "name", None)
        if not isinstance(name, str) or not name:
            raise AttributeError(f"{step.__name__} needs a class attribute 'name'")
        return name

    def _put(self, name: str, step: type[StepT]) -> None:
        if self.get(name, step) is not step:
            log.info("%s step %r is replaced by %s", self._kind, name, step.__qualname__)
        self[name] = step


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
