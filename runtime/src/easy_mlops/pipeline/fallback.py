"""Finds the fallback of a model: its newest published deployment that verifies and loads.

It is served while the newest revision fails. Several models may publish into one folder, so a directory is considered
only if its run ID belongs to this model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from easy_mlops.contract import RunFailure, RunResult, is_run_of
from easy_mlops.deployment.load import load_directory
from easy_mlops.deployment.plugins import forget_plugins
from easy_mlops.deployment.verified import newest_deployments, read_metadata, verify_directory
from easy_mlops.pipeline.published import relative_to, result_of
from easy_mlops.pipeline.tracker import OnStepBegin, OnStepEnd, StepTracker, ignore


def find_fallback(
    model: str,
    *,
    volume: Path,
    output_dir: str,
    digests: Mapping[str, str],
    allow_version_mismatch: bool = False,
    report: OnStepEnd = ignore,
    begins: OnStepBegin = ignore,
) -> RunResult:
    """Return the result of the run that published the fallback of `model`; a failed result when there is none.

    Parameters
    ----------
    model
        The name of the ModelDeployment; its run IDs are `<model>-<10 hexadecimal digits>-<8>`.
    volume
        The root of all directories.
    output_dir
        The directory to search, relative to `volume`. Its deployments are verified and loaded, as a scoring pod of this
        environment would do it.
    digests
        Further directories, relative to `volume`, with the SHA-256 of their SHA256SUMS. They are only verified, since
        they may be served by another image.
    allow_version_mismatch
        Load models that were made with another minor version of scikit-learn.
    report, begins
        Called as a directory has been tried, and before it is.

    Returns
    -------
    RunResult
        Its `steps` have one entry per directory that was tried, newest first.
    """
    root = volume.resolve()
    tracker = StepTracker(report, begins)
    result = None
    for directory, digest in _candidates(root, model, root / output_dir, digests):
        # A model is arbitrary code and may raise anything; the tracker records it.
        with suppress(Exception), tracker.step(relative_to(root, str(directory))):
            actual_digest, metadata = _checked(directory, digest, allow_version_mismatch)
            result = result_of(directory, root, actual_digest, metadata)
        if result is not None:
            return replace(result, steps=tuple(tracker.steps))
        forget_plugins()  # the next directory may have another version of the same modules
    if not tracker.steps:
        message = f"there is no deployment of {model!r}"
    else:
        newest, count = tracker.steps[0], len(tracker.steps)
        message = (
            f"none of the {count} deployments of {model!r} can be served; the newest, {newest.name}: {newest.message}"
        )
    return RunResult("", ok=False, steps=tuple(tracker.steps), failure=RunFailure("StepFailed", output_dir, message))


def _candidates(root: Path, model: str, folder: Path, digests: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Directories to try, newest first, each with its expected digest; empty when it is not known."""
    expected = {root / place: digest for place, digest in digests.items()}
    for path, metadata in newest_deployments(*{folder, *(path.parent for path in expected)}):
        ours = path.parent == folder and not path.is_symlink() and is_run_of(model, str(metadata.get("run_id")))
        if path in expected or ours:
            yield path, expected.get(path, "")


def _checked(directory: Path, digest: str, allow_version_mismatch: bool) -> tuple[str, Mapping[str, Any]]:
    """Verify a directory and return its digest and metadata. Raises `IntegrityError`."""
    if digest:
        return verify_directory(directory, expected_digest=digest), read_metadata(directory)
    loaded = load_directory(directory, allow_version_mismatch=allow_version_mismatch)
    return loaded.digest, loaded.metadata
