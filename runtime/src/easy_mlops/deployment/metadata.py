"""What metadata.json says, as strict JSON."""

from __future__ import annotations

import json
import math
import os
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np

from easy_mlops.contract import CONFIG_FILE

_PACKAGES: Final = ("scikit-learn", "numpy", "pandas", "make-mlops-easy")


def versions() -> dict[str, str]:
    """The versions of everything that a pickle depends on."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # running from a source tree that is not installed
            continue
    for name in ("xgboost", "lightgbm"):
        if name in sys.modules:
            found[name] = sys.modules[name].__version__
    return found


def now() -> str:
    """The current time, RFC 3339, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def plain(value: Any) -> Any:
    """The value as strict JSON has it: numpy's numbers and arrays become plain, NaN and infinities null.

    What JSON has no form for becomes its text.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | np.floating):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, np.bool_ | np.integer):
        return value.item()
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def moved(value: Any, source: Path, target: Path) -> Any:
    """The value with every text that is `source`, or a path below it, pointing below `target` instead."""
    if isinstance(value, str):
        old = str(source)
        return f"{target}{value[len(old) :]}" if value == old or value.startswith(f"{old}/") else value
    if isinstance(value, Mapping):
        return {key: moved(item, source, target) for key, item in value.items()}
    if isinstance(value, list):
        return [moved(item, source, target) for item in value]
    return value


def files_in(directory: Path, artifacts: Mapping[str, str]) -> dict[str, str | None]:
    """The files of a deployment by role, relative to its directory, so that it can be moved."""
    paths = {role: artifacts.get(f"{role}_path") for role in ("model", "preprocessor", "endpoint")}
    files = {role: None if path is None else os.path.relpath(path, directory) for role, path in paths.items()}
    return {**files, "config": CONFIG_FILE}


def complete(directory: Path, final: Path, artifacts: Mapping[str, str]) -> None:
    """Bring the places of files in metadata.json up to date with what later steps have written. Raises `OSError`."""
    if (path := artifacts.get("metadata_path")) is None:
        return
    text = Path(path).read_text(encoding="utf-8")
    try:
        metadata = json.loads(text)
    except ValueError:  # written by a custom step in another format
        return
    places = {f"{role}_path": artifacts.get(f"{role}_path") for role in ("model", "preprocessor")}
    metadata |= {**moved(places, directory, final), "files": files_in(directory, artifacts)}
    if (new := encode(metadata)) != text:
        Path(path).write_text(new, encoding="utf-8")


def encode(metadata: Mapping[str, Any]) -> str:
    """metadata.json's text."""
    return json.dumps(plain(metadata), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
