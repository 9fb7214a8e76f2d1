"""The files of a deployment directory, each opened only after its hash was compared; nothing is unpickled.

Imports no learning library, since commands that only inspect a deployment do not need one.
"""

from __future__ import annotations

import errno
import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from easy_mlops.config.errors import ConfigError
from easy_mlops.contract import SUMS_FILE, LoadReason
from easy_mlops.deployment.errors import IntegrityError
from easy_mlops.deployment.layout import ArtifactNames, names_from_metadata, names_from_snapshot
from easy_mlops.deployment.sums import SumsError, decode_sums, digest_of, hash_stream


def verify_directory(path: str | Path, *, expected_digest: str | None = None) -> str:
    """Check every file of a deployment directory and return its digest; nothing is unpickled.

    Raises `IntegrityError` as `easy_mlops.deployment.load_directory` does.
    """
    with ExitStack() as stack:
        reader = VerifiedFiles(Path(path), expected_digest, False, stack)
        reader.verify_rest()
        return reader.digest


def read_metadata(path: str | Path) -> dict[str, Any]:
    """The metadata of a deployment directory, `{}` if it has none. Nothing is verified or unpickled.

    Raises `IntegrityError` with reason `LoadFailed` if it cannot be read.
    """
    with ExitStack() as stack:
        reader = VerifiedFiles(Path(path), None, True, stack, trust=True)
        return reader.describe()[1]


def deployments_in(folder: Path) -> list[Path]:
    """The deployment directories in a folder; those that are still being built are hidden."""
    return [sums.parent for sums in folder.glob(f"*/{SUMS_FILE}") if not sums.parent.name.startswith(".")]


def newest_deployments(*folders: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The readable deployments in some folders with their unverified metadata, newest first."""
    readable = []
    for directory in (path for folder in folders for path in deployments_in(folder)):
        try:
            readable.append((directory, read_metadata(directory)))
        except (IntegrityError, OSError):
            continue
    return sorted(readable, key=lambda item: (str(item[1].get("deployment_time") or ""), item[0].name), reverse=True)


def _deployments_instead(directory: Path) -> list[Path]:
    """The deployment directories in a folder that is not one itself, the newest last."""
    if any((directory / name).exists() for name in (SUMS_FILE, ArtifactNames.config, ArtifactNames.metadata)):
        return []
    return sorted(deployments_in(directory), key=lambda path: (path / SUMS_FILE).stat().st_mtime)


class VerifiedFiles:
    """Opens the files of a directory, each only after its hash was compared."""

    def __init__(
        self, directory: Path, expected: str | None, allow_unverified: bool, stack: ExitStack, *, trust: bool = False
    ) -> None:
        if not directory.is_dir():
            why = "it is a file" if directory.exists() else "there is no such directory"
            raise IntegrityError("LoadFailed", f"{directory} is not a deployment directory: {why}")
        # pathlib of Python 3.14 reports a file that may not be read as missing.
        if not os.access(directory, os.X_OK, effective_ids=os.access in os.supports_effective_ids):
            raise IntegrityError("LoadFailed", f"{directory} cannot be read: {os.strerror(errno.EACCES)}")
        if inside := _deployments_instead(directory):
            message = f"{directory} is not a deployment directory, but holds {len(inside)}; the newest is {inside[-1]}"
            raise IntegrityError("LoadFailed", message)
        self.directory = directory
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
                f"{directory} has no {SUMS_FILE}, so nothing vouches for its files; "
                "allow_unverified (--allow-unverified) takes it as it is"
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
        """The open file, positioned at its start, after its hash was compared."""
        path = self.directory / name
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

    def digest_listed(self, name: str) -> str | None:
        """The hash of a file in SHA256SUMS; None if it is not listed."""
        return None if self._sums is None else self._sums.get(name)

    def verify_rest(self) -> None:
        """Compare the hashes of all files that have not been opened."""
        for name in sorted(set(self._sums or ()) - self._done):
            self.take(name).close()

    def describe(self) -> tuple[ArtifactNames, dict[str, Any]]:
        """The names of the files, and the metadata."""
        try:
            names = names_from_snapshot(self._text(ArtifactNames.config))
        except (ConfigError, yaml.YAMLError) as error:
            message = f"{self.directory / ArtifactNames.config} cannot be read: {error}"
            raise IntegrityError("LoadFailed", message) from error
        content = self._text(names.metadata)
        if content is None:
            return names, {}
        try:
            metadata = json.loads(content)
        except ValueError as error:
            raise IntegrityError("LoadFailed", f"{self.directory / names.metadata} is not JSON: {error}") from error
        if not isinstance(metadata, dict):
            raise IntegrityError("LoadFailed", f"{self.directory / names.metadata} is not a JSON object")
        return names_from_metadata(metadata, names), metadata

    def _text(self, name: str) -> bytes | None:
        """The content of an optional file."""
        known = name in self._sums if self._sums is not None else (self.directory / name).is_file()
        if not known:
            return None
        content: bytes = self.take(name).read()
        return content
