"""What `make-mlops-easy run` and the Job do: from a configuration to a published directory, or a failure."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from easy_mlops.config.errors import ConfigError, join_path
from easy_mlops.config.full import Config
from easy_mlops.contract import RunFailure, RunResult
from easy_mlops.deployment.deployer import ModelDeployer
from easy_mlops.deployment.errors import IntegrityError
from easy_mlops.deployment.verified import read_metadata, verify_directory
from easy_mlops.pipeline.deploy import deploy_trained
from easy_mlops.pipeline.published import relative_to, result_of
from easy_mlops.pipeline.source import load_table
from easy_mlops.pipeline.tracker import OnStepBegin, OnStepEnd, StepTracker, ignore
from easy_mlops.pipeline.training import train
from easy_mlops.preprocessing import DataError, TableError

log = logging.getLogger(__name__)

_VOLUME_ERRORS: Final = frozenset(
    getattr(errno, name)
    for name in ("ENOSPC", "EROFS", "EDQUOT", "EIO", "ESTALE", "ENODEV", "ENXIO", "EACCES", "EPERM", "ENOTCONN")
)
"""Errors of a volume that is full, read-only, gone or not writable for this user."""


def run(
    config: Config,
    *,
    where: str = "",
    base: Path = Path(),
    output_root: Path = Path(),
    run_id: str | None = None,
    report: OnStepEnd = ignore,
    begins: OnStepBegin = ignore,
) -> RunResult:
    """Train, verify and publish. An error of a step is part of the result; none is raised.

    Parameters
    ----------
    config
        The whole configuration, its plugins imported.
    where
        The path of its sections in the user's file (`spec`, or empty), with which locations of failures begin.
    base
        The folder that relative `file://` paths begin at.
    output_root
        The folder that a relative `output_dir`, and the result's `directory`, are relative to: the volume.
    run_id
        The ID of the run. When a run of this ID has published a directory, that one is verified and returned; if it
        was changed since, it is kept as it is, and the model is trained again.
    report, begins
        Called as each step ends, and begins.
    """
    tracker = StepTracker(report, begins)
    root = output_root.resolve()
    try:
        return _run(config, base, root, run_id, tracker)
    except Exception as error:  # a step may be a user's code and raise anything
        failure = failure_of(error, tracker.failed, where)
        return RunResult(run_id or "", ok=False, steps=tuple(tracker.steps), failure=failure)


def _run(config: Config, base: Path, root: Path, run_id: str | None, tracker: StepTracker) -> RunResult:
    output_dir = root / config.deployment.output_dir
    if run_id is not None and (done := _again(output_dir, run_id, root, tracker)) is not None:
        return done
    deployer = ModelDeployer(config.deployment, snapshot=_snapshot(config, base), plugins=config.imported)
    data = config.data
    if data is None:
        raise DataError("there is no data to train on", location="data")
    _check_writable(output_dir, tracker)
    trained = train(config, data.target, lambda: load_table(data, base), tracker)
    artifacts, _ = deploy_trained(deployer, config, trained, tracker, output_dir=output_dir, run_id=run_id)
    return RunResult(
        run_id or "",
        ok=True,
        directory=relative_to(root, artifacts.get("deployment_dir")),
        digest=str(deployer.deployment_info["digest"]),
        model_version=config.deployment.version,
        model_type=trained.trainer.model_type,
        metrics=dict(trained.trainer.metrics),
        steps=tuple(tracker.steps),
    )


def failure_of(error: Exception, step: str, where: str) -> RunFailure:
    """An exception as a `RunFailure`; the traceback of an unexpected one is logged."""
    if isinstance(error, TableError):
        return RunFailure("DataUnavailable", join_path(where, error.location) or step, str(error))
    if isinstance(error, DataError):
        location = join_path(where, error.location) if error.location else step
        return RunFailure("StepFailed", location, str(error))
    if isinstance(error, ConfigError):
        first = error.problems[0]
        return RunFailure("StepFailed", join_path(where, first.path), first.message)
    if isinstance(error, OSError) and error.errno in _VOLUME_ERRORS:
        return RunFailure("VolumeUnavailable", step, _volume_message(error))
    log.error("step %r failed", step, exc_info=error)
    return RunFailure("StepFailed", step, f"{type(error).__name__}: {error}")


def _check_writable(output_dir: Path, tracker: StepTracker) -> None:
    """Check before training that the directory can be written. Raises `OSError`, `DataError`."""
    try:
        output_dir.mkdir(parents=True, exist_ok=True)
        probe = output_dir / f".probe-{os.getpid()}"
        probe.write_bytes(b"\0")
        probe.unlink()
    except (FileExistsError, NotADirectoryError) as error:
        raise DataError(f"{error.filename} is not a directory", location="deployment.output_dir") from error
    except OSError:
        tracker.failed = "create_directory"
        raise


def _published(output_dir: Path, run_id: str) -> Iterator[Path]:
    """The directories that earlier attempts of this run published: one, or more if some were changed since."""
    if not output_dir.is_dir():
        return
    for path in sorted(output_dir.iterdir()):
        if path.name.startswith(".") or not path.is_dir():
            continue
        try:
            if read_metadata(path).get("run_id") == run_id:
                yield path
        except IntegrityError:
            continue


def _again(output_dir: Path, run_id: str, root: Path, tracker: StepTracker) -> RunResult | None:
    """What an earlier attempt of this run published, if it is still as it was."""
    for directory in _published(output_dir, run_id):
        try:
            digest = verify_directory(directory)
        except IntegrityError as error:
            tracker.skip("publish", f"{relative_to(root, str(directory))} of an earlier attempt is not used: {error}")
            continue
        with tracker.step("publish") as note:
            note.add("published by an earlier attempt of this run; verified again")
        return result_of(directory, root, digest, read_metadata(directory), tracker.steps)
    return None


def _snapshot(config: Config, base: Path) -> dict[str, object]:
    """The effective configuration, with an absolute path of a local file, since the snapshot is saved elsewhere."""
    snapshot = config.snapshot()
    if config.data is not None and config.data.uri.startswith("file://"):
        path = (base / config.data.uri.removeprefix("file://")).resolve()
        snapshot["data"] = {**snapshot["data"], "uri": f"file://{path}"}
    return snapshot


def _volume_message(error: OSError) -> str:
    name = error.filename if isinstance(error.filename, str) else ""
    return f"{error.strerror}{f': {name}' if name else ''}"
