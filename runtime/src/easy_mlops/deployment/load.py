"""Loads a deployment directory: everything is verified before anything is unpickled.

Unpickling runs code, so a byte that is not vouched for must never reach it. The order is: SHA256SUMS against the
expected digest, every file against SHA256SUMS, the recorded scikit-learn against the installed one, and only
then the model, read through the very file handle whose content was hashed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import yaml

from easy_mlops.config.errors import ConfigError
from easy_mlops.contract import LoadReason
from easy_mlops.deployment.errors import IntegrityError as IntegrityError
from easy_mlops.deployment.layout import ArtifactNames, names_from_metadata, names_from_snapshot
from easy_mlops.deployment.plugins import PLUGINS_DIRECTORY, use_plugins
from easy_mlops.deployment.sums import SUMS_FILE, SumsError, decode_sums, digest_of, hash_stream


@dataclass(frozen=True)
class LoadedDeployment:
    """A deployment in memory.

    `model` is the fitted estimator; `model_data` the whole content of the model file, a mapping with `model`,
    `model_type`, `is_classifier`, `metrics` and `backend`; `preprocessor` the fitted `DataPreprocessor`, or None when
    the deployment has none; `metadata` the content of metadata.json, empty when the deployment has none; `digest`
    the SHA-256 of SHA256SUMS, empty when there is none.
    """

    model: Any
    model_data: Mapping[str, Any]
    preprocessor: Any | None
    metadata: Mapping[str, Any]
    digest: str
    directory: Path


def load_directory(
    path: str | Path, *, expected_digest: str | None = None, allow_unverified: bool = False
) -> LoadedDeployment:
    """Verify and load a deployment directory, wherever it is mounted.

    `expected_digest` is the digest that SHA256SUMS itself must have. `allow_unverified` loads a directory that has no
    SHA256SUMS (one of release 0.4); it does not excuse a mismatch.

    Raises `IntegrityError`: `DigestMismatch` for a file that is missing, changed or not vouched for,
    `VersionMismatch` when another minor version of scikit-learn made it, `LoadFailed` for anything else.
    """
    directory = Path(path)
    with ExitStack() as stack:
        reader = _Reader(directory, expected_digest, allow_unverified, stack)
        names, metadata = reader.describe()
        model_file = reader.take(names.model)
        preprocessor_file = reader.take(names.preprocessor) if names.preprocessor else None
        reader.verify_rest()
        _check_versions(directory, metadata)
        reader.use_plugins(names)
        model_data = _unpickle(model_file, directory / names.model)
        preprocessor = None
        if preprocessor_file is not None and names.preprocessor:
            preprocessor = _unpickle(preprocessor_file, directory / names.preprocessor)
    if not isinstance(model_data, Mapping) or "model" not in model_data:
        message = f"{directory / names.model} holds no model: it must be a mapping with a 'model'"
        raise IntegrityError("LoadFailed", message)
    return LoadedDeployment(model_data["model"], model_data, preprocessor, metadata, reader.digest, directory)


def verify_directory(path: str | Path, *, expected_digest: str | None = None) -> str:
    """Check every file of a deployment directory and give its digest; nothing is unpickled.

    Raises `IntegrityError` as `load_directory` does.
    """
    with ExitStack() as stack:
        reader = _Reader(Path(path), expected_digest, False, stack)
        reader.verify_rest()
        return reader.digest


def read_metadata(path: str | Path) -> dict[str, Any]:
    """The metadata of a deployment directory, `{}` when it has none. Nothing is verified and nothing unpickled.

    Raises `IntegrityError` with reason `LoadFailed` when it cannot be read.
    """
    with ExitStack() as stack:
        reader = _Reader(Path(path), None, True, stack, trust=True)
        return reader.describe()[1]


def use_own_plugins(path: str | Path) -> None:
    """Import the plugins that a deployment directory was made with, each compared with SHA256SUMS before it runs.

    Raises `IntegrityError`.
    """
    with ExitStack() as stack:
        reader = _Reader(Path(path), None, True, stack)
        reader.use_plugins(reader.describe()[0])


class _Reader:
    """Hands out the files of a directory, each one only after its hash was compared."""

    def __init__(
        self, directory: Path, expected: str | None, allow_unverified: bool, stack: ExitStack, *, trust: bool = False
    ) -> None:
        if not directory.is_dir():
            raise IntegrityError("LoadFailed", f"{directory} is not a deployment directory: there is no such directory")
        self._directory = directory
        self._stack = stack
        self._done: set[str] = set()
        self._sums: dict[str, str] | None = None
        self.digest = ""
        if trust:
            return
        try:
            content = (directory / SUMS_FILE).read_bytes()
        except FileNotFoundError:
            if allow_unverified and expected is None:
                return
            message = (
                f"{directory} has no {SUMS_FILE}, so nothing vouches for its files; allow_unverified takes it as it is"
            )
            raise IntegrityError("DigestMismatch", message) from None
        except OSError as error:
            raise IntegrityError("LoadFailed", f"{directory / SUMS_FILE} cannot be read: {error.strerror}") from error
        self.digest = digest_of(content)
        if expected is not None and self.digest != expected:
            message = f"{directory / SUMS_FILE} has the digest {self.digest}, expected is {expected}"
            raise IntegrityError("DigestMismatch", message)
        try:
            self._sums = decode_sums(content)
        except SumsError as error:
            raise IntegrityError("DigestMismatch", f"{directory}: {error}") from error

    def take(self, name: str) -> Any:
        """The open file, its content compared and read from the start."""
        path = self._directory / name
        try:
            stream = self._stack.enter_context(path.open("rb"))
            if self._sums is not None and name not in self._done:
                expected = self._sums.get(name)
                if expected is None:
                    raise IntegrityError("DigestMismatch", f"{path} is not listed in {SUMS_FILE}")
                actual = hash_stream(stream)
                if actual != expected:
                    message = f"{path} was changed: its SHA-256 is {actual}, {SUMS_FILE} says {expected}"
                    raise IntegrityError("DigestMismatch", message)
                stream.seek(0)
        except FileNotFoundError:
            listed = self._sums is not None and name in self._sums
            reason: LoadReason = "DigestMismatch" if listed else "LoadFailed"
            raise IntegrityError(reason, f"{path} is missing") from None
        except OSError as error:
            raise IntegrityError("LoadFailed", f"{path} cannot be read: {error.strerror}") from error
        self._done.add(name)
        return stream

    def verify_rest(self) -> None:
        """Compare all files that nobody took."""
        for name in sorted(set(self._sums or ()) - self._done):
            self.take(name).close()

    def describe(self) -> tuple[ArtifactNames, dict[str, Any]]:
        """What the files are called, and the metadata."""
        try:
            names = names_from_snapshot(self._text(ArtifactNames.config))
        except (ConfigError, yaml.YAMLError) as error:
            message = f"{self._directory / ArtifactNames.config} cannot be read: {error}"
            raise IntegrityError("LoadFailed", message) from error
        content = self._text(names.metadata)
        if content is None:
            return names, {}
        try:
            metadata = json.loads(content)
        except ValueError as error:
            raise IntegrityError("LoadFailed", f"{self._directory / names.metadata} is not JSON: {error}") from error
        if not isinstance(metadata, dict):
            raise IntegrityError("LoadFailed", f"{self._directory / names.metadata} is not a JSON object")
        return names_from_metadata(metadata, names), metadata

    def use_plugins(self, names: ArtifactNames) -> None:
        """Import the plugins that the directory keeps, and those that are installed packages."""
        vouched = [
            plugin.model_copy(update={"sha256": self._sums.get(f"{PLUGINS_DIRECTORY}/{plugin.file_name}")})
            if self._sums is not None
            else plugin
            for plugin in names.plugins
        ]
        try:
            use_plugins(vouched, [self._directory / PLUGINS_DIRECTORY])
        except ConfigError as error:
            raise IntegrityError("LoadFailed", f"{self._directory}: {error}") from error

    def _text(self, name: str) -> bytes | None:
        """The content of a file that need not be there."""
        known = name in self._sums if self._sums is not None else (self._directory / name).is_file()
        if not known:
            return None
        content: bytes = self.take(name).read()
        return content


def _check_versions(directory: Path, metadata: Mapping[str, Any]) -> None:
    recorded = str((metadata.get("versions") or {}).get("scikit-learn", ""))
    installed = version("scikit-learn")
    if recorded and recorded.split(".")[:2] != installed.split(".")[:2]:
        message = f"{directory} was made by scikit-learn {recorded}, here is {installed}: their pickles differ"
        raise IntegrityError("VersionMismatch", message)


def _unpickle(stream: Any, path: Path) -> Any:
    try:
        return joblib.load(stream)
    except Exception as error:  # unpickling runs foreign code, which may raise anything
        raise IntegrityError("LoadFailed", f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
