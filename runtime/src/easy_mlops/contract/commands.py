"""Command lines of the pods: what the operator writes into a manifest and `make-mlops-easy` parses."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

PROGRAM: Final = "make-mlops-easy"

_PRUNE: Final = ("prune", "--volume")


def run_arguments(file: str, *, volume: str, run_id: str, plugin_path: str = "") -> list[str]:
    """Train what `file` asks for and publish it on the volume."""
    path = ["--plugin-path", plugin_path] if plugin_path else []
    return ["run", "-f", file, "--volume", volume, "--run-id", run_id, *path]


def run_id_in(arguments: Sequence[str]) -> str:
    """The run ID of a command line that `run_arguments` made; empty if it has none."""
    return _value(arguments, "--run-id")


def digest_in(arguments: Sequence[str]) -> str:
    """The digest of a command line that `serve_arguments` made; empty if it has none."""
    return _value(arguments, "--digest")


def serve_arguments(
    directory: str, *, port: int, digest: str, name: str, log_predictions: bool, allow_version_mismatch: bool
) -> list[str]:
    """Serve a deployment directory on all addresses."""
    return [
        "serve", directory, "--host", "0.0.0.0", "--port", str(port),  # noqa: S104
        "--digest", digest, "--name", name,
        "--log-predictions", "on" if log_predictions else "off",
        *_mismatch(allow_version_mismatch),
    ]  # fmt: skip


def prune_arguments(directories: Sequence[str], *, volume: str) -> list[str]:
    """Remove directories from the volume; each is a `DIR=SHA256`."""
    return [*_PRUNE, volume, *directories]


def pruned_directories(arguments: Sequence[str]) -> frozenset[str]:
    """The directories of a command line that `prune_arguments` made."""
    return frozenset(arguments[len(_PRUNE) + 1 :])


def lastgood_arguments(
    name: str, directories: Sequence[str], *, volume: str, output_dir: str, allow_version_mismatch: bool
) -> list[str]:
    """Look for the newest valid deployment of the ModelDeployment `name`; `directories` are further `DIR=SHA256`."""
    options = ["--volume", volume, f"--output-dir={output_dir}", *_mismatch(allow_version_mismatch)]
    return ["lastgood", *options, "--", name, *directories]


def _value(arguments: Sequence[str], option: str) -> str:
    return next((value for name, value in pairwise(arguments) if name == option), "")


def _mismatch(allowed: bool) -> list[str]:
    return ["--allow-version-mismatch"] if allowed else []
