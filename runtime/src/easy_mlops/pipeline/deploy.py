"""Deploys a trained model; before it is published it is loaded again and must score one row as before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from easy_mlops.config.full import Config
from easy_mlops.contract import LOGS_DIRECTORY
from easy_mlops.deployment.deployer import ModelDeployer
from easy_mlops.deployment.load import load_directory
from easy_mlops.deployment.metadata import moved
from easy_mlops.deployment.verified import verify_directory
from easy_mlops.observability import ModelMonitor
from easy_mlops.pipeline.tracker import StepTracker
from easy_mlops.pipeline.training import Trained


class VerificationError(RuntimeError):
    """A model that was loaded from a new directory predicts something else than before it was saved."""


def deploy_trained(
    deployer: ModelDeployer,
    config: Config,
    trained: Trained,
    tracker: StepTracker,
    *,
    output_dir: Path,
    run_id: str | None = None,
) -> tuple[dict[str, str], dict[str, str]]:
    """Run the deployer's steps and return the artifact map and the paths of the logs. Raises what a step raises."""
    monitor = ModelMonitor(config.observability, plugins=config.imported)
    monitor.log_metrics(trained.trainer.metrics, model_version=config.deployment.version)
    logs: dict[str, str] = {}
    built: list[Path] = []

    def save_logs(directory: Path) -> None:
        built.append(directory)
        logs.update(monitor.save_logs(directory / LOGS_DIRECTORY))

    artifacts = deployer.deploy(
        trained.trainer,
        trained.preprocessor,
        trained.results,
        output_dir=output_dir,
        run_id=run_id,
        tracker=tracker,
        before_publish=save_logs,
        verify=verifier(deployer, trained),
    )
    if built and "deployment_dir" in artifacts:
        logs = moved(logs, built[0], Path(artifacts["deployment_dir"]))
    return artifacts, logs


def verifier(deployer: ModelDeployer, trained: Trained) -> Callable[[Path], None]:
    """Return a check of a complete directory: its checksums, and the prediction of its model for a held-out row."""

    def verify(directory: Path) -> None:
        if deployer.get_step("save_model") is None:
            verify_directory(directory)
            return
        loaded = load_directory(directory)
        preprocessor = loaded.preprocessor or trained.preprocessor
        answer = loaded.model.predict(preprocessor.transform(trained.sample))
        if len(answer) != 1 or not same(answer[0], trained.expected):
            message = f"the model predicts {answer!r} after it was loaded again, {trained.expected!r} before"
            raise VerificationError(message)

    return verify


def same(one: Any, other: Any) -> bool:
    """Whether two predictions are exactly equal."""
    return bool(np.array_equal(np.asarray(one), np.asarray(other)))
