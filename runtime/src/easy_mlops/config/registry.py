"""Registries of steps: the built-in ones, those that code registers, and those that installed packages offer.

A registry is an ordinary `dict` of step classes by name, such as `ModelDeployer.STEP_REGISTRY`, so that `copy()`, `|`
and assigning another dict do what Python users expect. What the steps of one kind have in common is a `StepKind`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from easy_mlops.config.base import StepSpec, step_of
from easy_mlops.config.errors import ConfigError, Problem
from easy_mlops.config.steps import Catalogue

log = logging.getLogger(__name__)

StepT = TypeVar("StepT")

_COLLECTED: ContextVar[list[type] | None] = ContextVar("collected_steps", default=None)


@contextmanager
def registered_apart() -> Iterator[list[type]]:
    """Collect steps that are registered in this context in a list instead of a registry.

    Such steps belong to the configuration whose plugin registers them, and to no other one.
    """
    collected: list[type] = []
    token = _COLLECTED.set(collected)
    try:
        yield collected
    finally:
        _COLLECTED.reset(token)


@dataclass(frozen=True)
class StepKind(Generic[StepT]):
    """What all steps of one kind have in common, and the operations on a registry of them.

    A package provides a step by an entry point of the group `easy_mlops.<kind>_steps` with the name of the step. It is
    imported only when a configuration uses a step of that name that is not registered.

    Parameters
    ----------
    name : {"deployment", "observability"}
        The section of the configuration whose `steps` these are.
    base : type
        The class that all steps derive from.
    """

    name: str
    base: type[StepT]

    def registry(self, steps: Iterable[Any]) -> dict[str, type[StepT]]:
        """The registry of these steps."""
        return {self._name_of(step): step for step in steps}

    def register(self, registry: dict[str, type[StepT]], step: Any) -> None:
        """Add a step by its `name`; replacing another one is logged.

        Raises
        ------
        TypeError
            If the step is not a subclass of the base class.
        AttributeError
            If the step has no name.
        """
        name = self._name_of(step)
        if (collected := _COLLECTED.get()) is not None:
            collected.append(step)
        else:
            self._put(registry, name, step)

    def extended(self, registry: Mapping[str, type[StepT]], steps: Iterable[type]) -> dict[str, type[StepT]]:
        """A copy of the registry with additional steps; those of another kind are ignored."""
        extended = dict(registry)
        for step in steps:
            if issubclass(step, self.base):
                self._put(extended, self._name_of(step), step)
        return extended

    def catalogue(
        self, registry: dict[str, type[StepT]], requested: Iterable[str | StepSpec] | None = None
    ) -> Catalogue:
        """The parameter models of all steps by name, `None` for a step that has none.

        Requested steps that only an installed package offers are added to the registry first. If one is offered by no
        package, the catalogue also lists the names that packages do offer.

        Raises
        ------
        ConfigError
            If a package offers a requested step that cannot be imported.
        """
        missing = {step_of(item).type for item in requested or ()} - set(registry)
        offered = self._discover(registry, missing) if missing else []
        return {
            **{name: getattr(step, "params_model", None) for name, step in registry.items()},
            **dict.fromkeys(offered),
        }

    def _discover(self, registry: dict[str, type[StepT]], names: set[str]) -> list[str]:
        """Register the steps of these names that packages offer; returns the other names that they offer."""
        from importlib.metadata import entry_points  # reads the metadata of every package: not on import

        others = []
        for point in entry_points(group=f"easy_mlops.{self.name}_steps"):
            if point.name not in names:
                others.append(point.name)
                continue
            try:
                step = point.load()
                if (name := self._name_of(step)) != point.name:
                    raise ValueError(f"its name is {name!r}")
                self._put(registry, name, step)
            except Exception as error:  # importing a package runs its code, which may raise anything
                package = point.dist.name if point.dist is not None else point.value
                reason = f"{type(error).__name__}: {error}"
                message = f"step {point.name!r} of the package {package} cannot be used: {reason}"
                raise ConfigError([Problem(f"{self.name}.steps", "InvalidValue", message)]) from error
        return [name for name in others if name not in registry]

    def _name_of(self, step: Any) -> str:
        if not (isinstance(step, type) and issubclass(step, self.base)):
            raise TypeError(f"a step must be a subclass of {self.base.__name__}, got {step!r}")
        name = getattr(step, "name", None)
        if not isinstance(name, str) or not name:
            raise AttributeError(f"{step.__name__} needs a class attribute 'name'")
        return name

    def _put(self, registry: dict[str, type[StepT]], name: str, step: type[StepT]) -> None:
        if registry.get(name, step) is not step:
            log.info("%s step %r is replaced by %s", self.name, name, step.__qualname__)
        registry[name] = step
