"""Registries of steps: the built-in ones, those that code registers, and those that installed packages offer."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from easy_mlops.config.base import StepSpec, step_of
from easy_mlops.config.errors import ConfigError, Problem
from easy_mlops.config.steps import Catalogue

log = logging.getLogger(__name__)

StepT = TypeVar("StepT")


class StepRegistry(dict[str, type[StepT]], Generic[StepT]):
    """Steps of one kind by name.

    A package offers a step by an entry point of the group `easy_mlops.<kind>_steps` that has the step's name. It is
    imported only when a configuration asks for a step of that name which nobody has registered.
    """

    def __init__(self, kind: str, base: type[StepT], built_in: Iterable[type[StepT]]) -> None:
        """`kind` is `deployment` or `observability`; all steps are subclasses of `base`."""
        super().__init__()
        self._kind = kind
        self._base = base
        for step in built_in:
            self.register(step)

    def register(self, step: Any) -> None:
        """Add a step by its `name`; it may replace another one, which is logged.

        Raises `TypeError` when it is not a subclass of the base class, `AttributeError` when it has no name.
        """
        if not (isinstance(step, type) and issubclass(step, self._base)):
            raise TypeError(f"a step must be a subclass of {self._base.__name__}, got {step!r}")
        name = getattr(step, "name", None)
        if not isinstance(name, str) or not name:
            raise AttributeError(f"{step.__name__} needs a class attribute 'name'")
        if self.get(name, step) is not step:
            log.info("%s step %r is replaced by %s", self._kind, name, step.__qualname__)
        self[name] = step

    def catalogue(self, wanted: Iterable[str | StepSpec] | None = None) -> Catalogue:
        """The steps with the models of their parameters, `wanted` ones of installed packages among them.

        Raises `ConfigError` when a package offers a wanted step that cannot be imported.
        """
        if missing := {step_of(item).type for item in wanted or ()} - set(self):
            self._discover(missing)
        return {name: getattr(step, "params_model", None) for name, step in self.items()}

    def _discover(self, names: set[str]) -> None:
        from importlib.metadata import entry_points  # reads the metadata of every package: not on import

        for point in entry_points(group=f"easy_mlops.{self._kind}_steps"):
            if point.name not in names:
                continue
            try:
                step = point.load()
                self.register(step)
                if step.name != point.name:
                    raise ValueError(f"its name is {step.name!r}")
            except Exception as error:  # importing a package runs its code, which may raise anything
                package = point.dist.name if point.dist is not None else point.value
                message = f"step {point.name!r} of the package {package} cannot be used: {_said(error)}"
                raise ConfigError([Problem(f"{self._kind}.steps", "InvalidValue", message)]) from error


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
