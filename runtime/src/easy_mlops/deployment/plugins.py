"""Imports plugins: the user's own modules, from a file whose digest is compared before any of it runs.

A plugin that is a single file is part of the deployment: the directory contains a copy in `plugins/`, listed in
SHA256SUMS, so that the directory can be loaded anywhere.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from easy_mlops.config.errors import ConfigError, Problem, join_path
from easy_mlops.config.plugins import Imported, Plugin, PluginFile
from easy_mlops.config.registry import registered_apart
from easy_mlops.contract import PLUGINS_DIRECTORY
from easy_mlops.deployment.steps import DEPLOYMENT_KIND, STEP_REGISTRY, DeploymentStep
from easy_mlops.observability import ModelMonitor, ObservabilityStep

_DIGEST: Final = "__easy_mlops_sha256__"
"""Attribute of a module that this package imported from a file: the SHA-256 of its source."""
_STEPS: Final = "__easy_mlops_steps__"
"""Attribute of a module that this package imported: the steps that it registered on import."""


def use_plugins(plugins: Sequence[Plugin], folders: Sequence[Path], where: str = "plugins") -> Imported:
    """Import plugins in their order; returns their registered steps, the classes that they name, and their files.

    Files in `folders`, in that order, take precedence over installed packages. The steps are in no registry: they are
    only for the configuration that names the plugins. Raises `ConfigError`, naming the plugin below `where`, if there
    is no such module, its file has another digest, or its import fails.
    """
    imported = Imported()
    for index, plugin in enumerate(plugins):
        try:
            file = _find(plugin, folders)
            module = _import(plugin, file)
            with registered_apart() as named:
                if plugin.attribute:
                    _register(getattr(module, plugin.attribute))
        except Exception as error:  # importing runs the user's code, which may raise anything
            reason = str(error) if isinstance(error, _RefusedError) else f"{type(error).__name__}: {error}"
            message = f"plugin {plugin.module!r} cannot be used: {reason}"
            raise ConfigError([Problem(join_path(where, f"[{index}]"), "InvalidValue", message)]) from error
        steps = (*getattr(module, _STEPS, ()), *named)
        imported += Imported((file,) if file is not None else (), steps)
    return imported


def keep_plugins(files: Sequence[PluginFile], directory: Path) -> None:
    """Copy the plugins' files into a deployment directory. Raises `OSError`."""
    for file in files:
        path = directory / PLUGINS_DIRECTORY / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.source)


def forget_plugins() -> None:
    """Remove modules imported from files, so that other files of the same names can be. Their objects keep working."""
    for name, module in list(sys.modules.items()):
        if hasattr(module, _DIGEST):
            del sys.modules[name]


class _RefusedError(Exception):
    """A plugin that must not be imported; the message says why."""


def _find(plugin: Plugin, folders: Sequence[Path]) -> PluginFile | None:
    for folder in folders:
        path = folder / plugin.file_name
        if path.is_file():
            source = path.read_bytes()
            digest = hashlib.sha256(source).hexdigest()
            if plugin.sha256 not in (None, digest):
                raise _RefusedError(f"{path} has the SHA-256 {digest}, the configuration says {plugin.sha256}")
            return PluginFile(plugin.file_name, source)
    if plugin.sha256 is not None:
        looked = ", ".join(str(folder) for folder in folders)
        raise _RefusedError(f"its sha256 is given, but there is no file {plugin.file_name} in {looked}")
    return None


def _import(plugin: Plugin, file: PluginFile | None) -> ModuleType:
    loaded = sys.modules.get(plugin.module_name)
    if loaded is None:
        with registered_apart() as steps:
            module = _run(plugin, file) if file is not None else importlib.import_module(plugin.module_name)
        setattr(module, _STEPS, tuple(steps))
        return module
    if file is None or getattr(loaded, _DIGEST, None) == hashlib.sha256(file.source).hexdigest():
        return loaded
    if plugin.sha256 is None and _is_of(loaded, file):  # the program has imported it itself
        return loaded
    raise _RefusedError(
        f"another module {plugin.module_name!r} is loaded already"
        f"{f' from {loaded.__file__}' if getattr(loaded, '__file__', None) else ''}; one process can have one"
    )


def _run(plugin: Plugin, file: PluginFile) -> ModuleType:
    # Run the source that was hashed: the file may have changed since.
    module = ModuleType(plugin.module_name)
    module.__file__ = file.name
    setattr(module, _DIGEST, hashlib.sha256(file.source).hexdigest())
    sys.modules[plugin.module_name] = module
    try:
        exec(compile(file.source, file.name, "exec"), module.__dict__)  # noqa: S102 - the purpose of a plugin
    except BaseException:
        del sys.modules[plugin.module_name]
        raise
    return module


def _is_of(module: ModuleType, file: PluginFile) -> bool:
    path = getattr(module, "__file__", None)
    return path is not None and Path(path).is_file() and Path(path).read_bytes() == file.source


def _register(step: Any) -> None:
    if isinstance(step, type) and issubclass(step, DeploymentStep):
        DEPLOYMENT_KIND.register(STEP_REGISTRY, step)
    elif isinstance(step, type) and issubclass(step, ObservabilityStep):
        ModelMonitor.register_step(step)
    else:
        raise _RefusedError(f"{step!r} is neither a DeploymentStep nor an ObservabilityStep")
