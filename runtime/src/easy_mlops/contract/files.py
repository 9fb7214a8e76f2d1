"""Names of files in a deployment directory, the form of a directory with its digest, and where data is mounted."""

from __future__ import annotations

import re
from typing import Final

MODEL_FILE: Final = "model.joblib"
PREPROCESSOR_FILE: Final = "preprocessor.joblib"
METADATA_FILE: Final = "metadata.json"
"""Default names; `deployment.steps` and `deployment.metadata_filename` can set others."""

CONFIG_FILE: Final = "config.yaml"
"""The effective configuration of the run."""
SUMS_FILE: Final = "SHA256SUMS"
"""Digest of every other file, but for those in `LOGS_DIRECTORY`. Its own SHA-256 is the digest of the directory."""
LOGS_DIRECTORY: Final = "logs"
PLUGINS_DIRECTORY: Final = "plugins"

SHA256_PATTERN: Final = "[0-9a-f]{64}"


def mounted_data(root: str, scheme: str, name: str) -> str:
    """Directory in which a pod finds the ConfigMap or the claim `name` of a data URI with this scheme."""
    return f"{root}/{scheme}/{name}"


def is_digest(text: str) -> bool:
    """Whether a string is a SHA-256 in lower-case hexadecimal digits."""
    return re.fullmatch(SHA256_PATTERN, text) is not None


def directory_argument(directory: str, digest: str) -> str:
    """`DIR=SHA256`: a directory relative to the volume with its digest, an argument of `prune` and `lastgood`.

    >>> directory_argument("models/deployment_1", "ab12")
    'models/deployment_1=ab12'
    """
    prefix = "./" if directory.startswith("-") else ""  # so that it does not look like an option
    return f"{prefix}{directory}={digest}"


def split_directory_argument(argument: str) -> tuple[str, str]:
    """The directory and the digest of a `DIR=SHA256`; the digest is empty when there is none."""
    directory, separator, digest = argument.rpartition("=")
    return (directory, digest) if separator else (argument, "")
