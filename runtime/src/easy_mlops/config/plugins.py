"""The `plugins:` of a configuration: user modules that are imported before its steps are looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from easy_mlops.config.base import Section
from easy_mlops.config.patterns import MODULE, SHA256

Sha256 = Annotated[str, Field(pattern=SHA256)]


class Plugin(Section):
    """A module, such as `my_steps`, or one class in it: `my_steps:MyStep`. A file of that name is searched for
    next to the configuration and in the working directory, then an installed package."""

    module: str = Field(
        pattern=MODULE,
        max_length=200,
        description="Module to import, such as my_steps, or my_steps:MyStep for a single step class.",
    )
    sha256: Sha256 | None = Field(
        default=None, description="SHA-256 of the module's file. A file with another digest is refused."
    )

    @property
    def module_name(self) -> str:
        """The module without the class."""
        return self.module.partition(":")[0]

    @property
    def attribute(self) -> str:
        """Name of the class; empty for a module that registers its steps itself."""
        return self.module.partition(":")[2]

    @property
    def file_name(self) -> str:
        """Path of the module's source, relative to a folder that is searched."""
        return f"{self.module_name.replace('.', '/')}.py"


def _plugin(item: Any) -> Any:
    return {"module": item} if isinstance(item, str) else item


Plugins = Annotated[list[Annotated[Plugin, BeforeValidator(_plugin)]], Field(max_length=16)]
"""Plugins in the order in which they are imported; each a name or a mapping."""


@dataclass(frozen=True)
class PluginFile:
    """The source of an imported plugin; a plugin that is an installed package has none."""

    name: str
    source: bytes


@dataclass(frozen=True)
class Imported:
    """The result of importing plugins: their files, and the step classes that they registered."""

    files: tuple[PluginFile, ...] = ()
    steps: tuple[type, ...] = ()

    def __add__(self, other: Imported) -> Imported:
        """Both; of two steps with one name, that of `other` takes precedence."""
        return Imported((*self.files, *other.files), (*self.steps, *other.steps))
