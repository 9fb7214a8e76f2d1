"""Which file of a deployment directory is what, whatever the configuration called it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, Final

import yaml

from easy_mlops.deployment.sums import LOGS_DIRECTORY, SUMS_FILE

CONFIG_FILE: Final = "config.yaml"
RESERVED_NAMES: Final = (CONFIG_FILE, SUMS_FILE, LOGS_DIRECTORY)
"""Names in a deployment directory that no step may give to its own file."""


@dataclass(frozen=True)
class ArtifactNames:
    """File names relative to the deployment directory; None for what the deployment does not have."""

    model: str = "model.joblib"
    preprocessor: str | None = "preprocessor.joblib"
    metadata: str = "metadata.json"
    config: str = CONFIG_FILE
    endpoint: str | None = None


def names_from_snapshot(snapshot: bytes | None) -> ArtifactNames:
    """The names that the steps in a configuration snapshot give to their files; the defaults without one."""
    names = ArtifactNames()
    section = _mapping(_mapping(_parsed(snapshot)).get("deployment"))
    if isinstance(name := section.get("metadata_filename"), str):
        names = replace(names, metadata=name)
    steps = section.get("steps") or []
    kinds = {item if isinstance(item, str) else _mapping(item).get("type") for item in steps}
    if steps and "save_preprocessor" not in kinds:
        names = replace(names, preprocessor=None)
    for item in steps:
        step = _mapping(item)
        name = _mapping(step.get("params")).get("filename")
        role = {"save_model": "model", "save_preprocessor": "preprocessor", "save_metadata": "metadata"}
        if isinstance(name, str) and step.get("type") in role:
            names = replace(names, **{role[step["type"]]: name})
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


def _parsed(snapshot: bytes | None) -> Any:
    try:
        return yaml.safe_load(snapshot) if snapshot else None
    except yaml.YAMLError:
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _optional(value: Any) -> str | None:
    return str(value) if value else None


def _last_part(path: Any) -> str | None:
    return PurePath(path).name or None if isinstance(path, str) else None
