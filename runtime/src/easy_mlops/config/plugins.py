"""The `plugins:` of a configuration: modules of the user's own that are imported before its steps are looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from easy_mlops.config.base import Section
from easy_mlops.contract import SHA256_PATTERN

Sha256 = Annotated[str, Field(pattern=f"^{SHA256_PATTERN}$")]


class Plugin(Section):
    """A module, such as `my_steps`, or one class in it: `my_steps:MyStep`. A file of that name is looked for beside
    the configuration and in the working directory, then an installed package."""

    module: str = Field(
        pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*)?$",
        max_length=200,
        description="Module to import, such as my_steps, or my_steps:MyStep for one step class in it.",
    )
    sha256: Sha256 | None = Field(default=None, description="SHA-256 of the module's file; another one is refused.")

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
        """Where the module's source lies below a folder."""
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
    """What plugins brought once they were imported: their files, and the classes of steps that they registered."""

    files: tuple[PluginFile, ...] = ()
    steps: tuple[type, ...] = ()

    def __add__(self, other: Imported) -> Imported:
        """Both; of two steps of one name the other's counts."""
        return Imported((*self.files, *other.files), (*self.steps, *other.steps))
