"""Runs that are killed: at any moment, the retry ends with exactly one complete directory."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from children import Child
from easy_mlops.cli.main import main
from easy_mlops.contract import RunResult
from easy_mlops.deployment import load_directory

MANIFEST: dict[str, Any] = {
    "apiVersion": "easymlops.dev/v1alpha1",
    "kind": "ModelDeployment",
    "metadata": {"name": "wine"},
    "spec": {
        "data": {"uri": "sklearn://wine"},
        "training": {"model_type": "logistic_regression", "cv_folds": 0},
    },
}
Start = Callable[[], Child]


def job(directory: str) -> int:
    """What the Job does."""
    os.chdir(directory)
    os.environ["EASY_MLOPS_TERMINATION_LOG"] = "result.json"
    return main(["run", "-f", "md.yaml", "--volume", "volume", "--run-id", "wine-1"])


@pytest.fixture
def start(tmp_path: Path) -> Start:
    (tmp_path / "md.yaml").write_text(json.dumps(MANIFEST))
    (tmp_path / "volume").mkdir()
    return lambda: Child(job, str(tmp_path))


def directories(tmp_path: Path) -> list[Path]:
    models = tmp_path / "volume/models"
    return [path for path in models.iterdir() if not path.name.startswith(".")] if models.exists() else []


def test_a_run_that_is_killed_repeatedly_makes_exactly_one_directory(start: Start, tmp_path: Path) -> None:
    for step in ("train", "save_model", "checksums", "verify"):
        start().stop_after(step, signal.SIGKILL)
        assert len(directories(tmp_path)) <= 1  # the kill may come late, but never halfway
    for _ in range(2):
        assert start().wait() == 0
        (directory,) = directories(tmp_path)
        result = RunResult.decode((tmp_path / "result.json").read_text())
        assert result.ok
        assert tmp_path / "volume" / result.directory == directory
        assert load_directory(directory, expected_digest=result.digest).metadata["run_id"] == "wine-1"
    assert [path.name for path in (tmp_path / "volume/models").iterdir()] == [directory.name]


def test_sigterm_ends_a_run_at_once_and_publishes_nothing(start: Start, tmp_path: Path) -> None:
    assert start().stop_after("load", signal.SIGTERM) == 143
    assert directories(tmp_path) == []
    assert not (tmp_path / "result.json").exists()
