"""The roles of the files in a deployment directory, whose names are configurable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, Final

import yaml

from easy_mlops.config.base import Section
from easy_mlops.config.deployment import DeploymentSection, effective_steps
from easy_mlops.config.plugins import Plugin, Plugins
from easy_mlops.contract import CONFIG_FILE, METADATA_FILE, MODEL_FILE, PREPROCESSOR_FILE

_ROLES: Final = {"save_model": "model", "save_preprocessor": "preprocessor", "save_metadata": "metadata"}


class _Plugins(Section):
    plugins: Plugins


@dataclass(frozen=True)
class ArtifactNames:
    """File names relative to the deployment directory, None for files that it does not have; its plugins."""

    model: str = MODEL_FILE
    preprocessor: str | None = PREPROCESSOR_FILE
    metadata: str = METADATA_FILE
    config: str = CONFIG_FILE
    endpoint: str | None = None
    plugins: tuple[Plugin, ...] = ()


def names_from_snapshot(snapshot: bytes | None) -> ArtifactNames:
    """The names that the steps in a configuration snapshot give to their files; the defaults without one.

    Raises `ConfigError` if it is not valid.
    """
    names = ArtifactNames()
    if not snapshot:
        return names
    raw = yaml.safe_load(snapshot)
    if isinstance(raw, Mapping) and raw.get("plugins"):
        names = replace(names, plugins=tuple(_Plugins.parse({"plugins": raw["plugins"]}).plugins))
    section = DeploymentSection.parse(raw.get("deployment") if isinstance(raw, Mapping) else None, "deployment")
    steps = {step.type: step for step in effective_steps(section)}
    if "save_preprocessor" not in steps:
        names = replace(names, preprocessor=None)
    for kind, role in _ROLES.items():
        if kind in steps and isinstance(name := steps[kind].params.get("filename"), str):
            changed: dict[str, Any] = {role: name}
            names = replace(names, **changed)
    return names


def names_from_metadata(metadata: Mapping[str, Any], names: ArtifactNames) -> ArtifactNames:
    """The names in metadata.json's `files`; in metadata of release 0.4, the last parts of its paths."""
    files = metadata.get("files")
    if isinstance(files, Mapping):
        return replace(
            names,
            model=str(files.get("model") or names.model),
            preprocessor=_optional(files.get("preprocessor")),
            endpoint=_optional(files.get("endpoint")),
        )
    return replace(
        names,
        model=_last_part(metadata.get("model_path")) or names.model,
        preprocessor=_last_part(metadata.get("preprocessor_path")),
    )


def _optional(value: Any) -> str | None:
    return str(value) if value else None


def _last_part(path: Any) -> str | None:
    return PurePath(path).name or None if isinstance(path, str) else None
