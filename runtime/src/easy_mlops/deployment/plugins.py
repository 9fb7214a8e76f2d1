"""Imports plugins: the user's own modules, from a file whose digest is compared before any of it runs.

A plugin that is one file travels with what it helped to make: the deployment directory keeps a copy below `plugins/`,
under SHA256SUMS, so that a directory can be loaded wherever it goes.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from easy_mlops.config.errors import ConfigError, Problem, join_path
from easy_mlops.config.plugins import Plugin
from easy_mlops.deployment.steps import STEP_REGISTRY, DeploymentStep
from easy_mlops.observability import ModelMonitor, ObservabilityStep

PLUGINS_DIRECTORY: Final = "plugins"
_DIGEST: Final = "__easy_mlops_sha256__"
"""Attribute of a module that was imported from a file by us: the SHA-256 of the source that ran."""


@dataclass(frozen=True)
class PluginFile:
    """The source of an imported plugin; a plugin that is an installed package has none."""

    name: str
    source: bytes


def use_plugins(plugins: Sequence[Plugin], folders: Sequence[Path], where: str = "plugins") -> tuple[PluginFile, ...]:
    """Import plugins in their order, and register the classes that they name; the files that they came from.

    Files in `folders`, in that order, go before installed packages. Raises `ConfigError` naming the plugin below
    `where`: there is no such module, its file has another digest, or it fails.
    """
    files = []
    for index, plugin in enumerate(plugins):
        try:
            file = _find(plugin, folders)
            module = _import(plugin, file)
            if plugin.attribute:
                _register(getattr(module, plugin.attribute))
        except Exception as error:  # importing runs the user's code, which may raise anything
            told = str(error) if isinstance(error, _RefusedError) else f"{type(error).__name__}: {error}"
            message = f"plugin {plugin.module!r} cannot be used: {told}"
            raise ConfigError([Problem(join_path(where, f"[{index}]"), "InvalidValue", message)]) from error
        if file is not None:
            files.append(file)
    return tuple(files)


def keep_plugins(files: Sequence[PluginFile], directory: Path) -> None:
    """Put the plugins' files into a deployment directory. Raises `OSError`."""
    for file in files:
        path = directory / PLUGINS_DIRECTORY / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.source)


class _RefusedError(Exception):
    """A plugin that must not be imported; the message says why."""


def _find(plugin: Plugin, folders: Sequence[Path]) -> PluginFile | None:
    for folder in folders:
        path = folder / plugin.file_name
        if path.is_file():
            source = path.read_bytes()
            found = hashlib.sha256(source).hexdigest()
            if plugin.sha256 not in (None, found):
                raise _RefusedError(f"{path} has the SHA-256 {found}, the configuration says {plugin.sha256}")
            return PluginFile(plugin.file_name, source)
    if plugin.sha256 is not None:
        looked = ", ".join(str(folder) for folder in folders)
        raise _RefusedError(f"its sha256 is given, but there is no file {plugin.file_name} in {looked}")
    return None


def _import(plugin: Plugin, file: PluginFile | None) -> ModuleType:
    if file is None:
        return importlib.import_module(plugin.module_name)
    digest = hashlib.sha256(file.source).hexdigest()
    loaded = sys.modules.get(plugin.module_name)
    if loaded is not None:
        if getattr(loaded, _DIGEST, None) == digest:
            return loaded
        raise _RefusedError(
            f"a module {plugin.module_name!r} with other contents is loaded already"
            f"{f' from {loaded.__file__}' if getattr(loaded, '__file__', None) else ''}; one process can have one"
        )
    # What runs is what was hashed: a file that is read again could be another one by then.
    module = ModuleType(plugin.module_name)
    module.__file__ = file.name
    setattr(module, _DIGEST, digest)
    sys.modules[plugin.module_name] = module
    try:
        exec(compile(file.source, file.name, "exec"), module.__dict__)  # noqa: S102 - that is what a plugin is for
    except BaseException:
        del sys.modules[plugin.module_name]
        raise
    return module


def _register(step: Any) -> None:
    if isinstance(step, type) and issubclass(step, DeploymentStep):
        STEP_REGISTRY.register(step)
    elif isinstance(step, type) and issubclass(step, ObservabilityStep):
        ModelMonitor.register_step(step)
    else:
        raise _RefusedError(f"{step!r} is neither a DeploymentStep nor an ObservabilityStep")
