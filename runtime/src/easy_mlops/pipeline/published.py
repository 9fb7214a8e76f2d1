"""The result of the run that published a directory, read from the directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from easy_mlops.contract import RunResult, StepReport


def result_of(
    directory: Path, root: Path, digest: str, metadata: Mapping[str, Any], steps: Sequence[StepReport] = ()
) -> RunResult:
    """The result of the run that published `directory`, which is in `root`; `steps` are the caller's step reports."""
    results = metadata.get("training_results") or {}
    metrics = (results.get("metrics") or {}).items()
    return RunResult(
        str(metadata.get("run_id") or ""),
        ok=True,
        directory=relative_to(root, str(directory)),
        digest=digest,
        model_version=str(metadata.get("version", "")),
        model_type=str(results.get("model_type", "")),
        metrics={str(name): float(value) for name, value in metrics if value is not None},
        steps=tuple(steps),
    )


def relative_to(root: Path, directory: str | None) -> str:
    """The path of a directory relative to `root`; unchanged if it is elsewhere, empty if there is none."""
    if not directory:
        return ""
    path = Path(directory)
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
