"""Directories appear whole or not at all, under distinct names, whoever else is at work or was killed."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import joblib
import pytest
from children import Child
from easy_mlops.deployment import DeploymentContext, DeploymentStep, ModelDeployer, load_directory
from easy_mlops.deployment.workspace import reserve


class Trainer:
    def __init__(self, model: str) -> None:
        self.model = model

    def save_model(self, path: str) -> None:
        joblib.dump({"model": self.model}, path)


def deploy_five(base: str, name: str) -> None:
    steps = [{"type": "create_directory", "params": {"timestamp_format": "now"}}, "save_model", "save_metadata"]
    deployer = ModelDeployer({"output_dir": base, "steps": steps})
    for _ in range(5):
        sys.stderr.write(deployer.deploy(Trainer(name), None, {})["deployment_dir"] + "\n")


class Stay(DeploymentStep):
    """Says where it is and stays there."""

    name = "stay"

    def run(self, context: DeploymentContext) -> None:
        sys.stderr.write(f"{context.deployment_dir}\n")
        signal.pause()


def stay_in_a_step(base: str, run_id: str) -> None:
    ModelDeployer.register_step(Stay)
    config = {"output_dir": base, "steps": ["create_directory", "save_model", "stay"]}
    ModelDeployer(config).deploy(Trainer("half"), None, {}, run_id=run_id or None)


def killed_in_a_step(base: Path, run_id: str) -> Path:
    """The hidden directory that a killed process leaves."""
    child = Child(stay_in_a_step, str(base), run_id)
    hidden = Path(next(child.lines()))
    child.send(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    return hidden


def visible(base: Path) -> list[str]:
    return sorted(path.name for path in base.iterdir() if not path.name.startswith("."))


def hidden(base: Path) -> list[str]:
    return sorted(path.name for path in base.iterdir() if path.name.startswith("."))


def test_processes_in_the_same_second_make_distinct_directories(tmp_path: Path) -> None:
    children = {str(number): Child(deploy_five, str(tmp_path), str(number)) for number in range(4)}
    made = [(number, line) for number, child in children.items() for line in child.lines()]
    assert [child.wait() for child in children.values()] == [0] * 4
    assert len({directory for _, directory in made}) == len(made) == 20
    for number, directory in made:
        assert load_directory(directory).model == number
    assert visible(tmp_path) == sorted(["deployment_now", *(f"deployment_now_{n}" for n in range(1, 20))])
    assert hidden(tmp_path) == []


def test_a_killed_process_leaves_nothing_that_looks_deployed(tmp_path: Path) -> None:
    remains = killed_in_a_step(tmp_path, "")
    assert remains.is_dir()
    assert visible(tmp_path) == []


def test_the_next_deployment_clears_the_remains_away(tmp_path: Path, trainer: Any) -> None:
    killed_in_a_step(tmp_path, "")
    ModelDeployer({"output_dir": str(tmp_path)}).deploy(trainer, None, {})
    assert len(visible(tmp_path)) == 1
    assert hidden(tmp_path) == []


def test_a_retry_of_a_killed_run_goes_on_under_its_name(tmp_path: Path, trainer: Any) -> None:
    remains = killed_in_a_step(tmp_path, "run-1")
    (remains / "half").write_text("written")
    directory = Path(
        ModelDeployer({"output_dir": str(tmp_path)}).deploy(trainer, None, {}, run_id="run-1")["deployment_dir"]
    )
    assert f".{directory.name}.building" == remains.name
    assert not (directory / "half").exists()
    assert load_directory(directory).model == 1.5
    assert (visible(tmp_path), hidden(tmp_path)) == ([directory.name], [])


def test_another_run_leaves_the_name_to_the_retry_but_not_the_space(tmp_path: Path, trainer: Any) -> None:
    remains = killed_in_a_step(tmp_path, "run-1")
    ModelDeployer({"output_dir": str(tmp_path)}).deploy(trainer, None, {}, run_id="run-2")
    assert [path.name for path in remains.iterdir()] == [".building"]
    ModelDeployer({"output_dir": str(tmp_path)}).deploy(trainer, None, {}, run_id="run-1")
    assert len(visible(tmp_path)) == 2
    assert hidden(tmp_path) == []


def test_a_name_that_no_retry_asks_for_is_given_up_after_a_day(tmp_path: Path, trainer: Any) -> None:
    remains = killed_in_a_step(tmp_path, "run-1")
    yesterday = time.time() - 25 * 3600
    (remains / "model.joblib").unlink()
    os.utime(remains, (yesterday, yesterday))
    ModelDeployer({"output_dir": str(tmp_path)}).deploy(trainer, None, {})
    assert hidden(tmp_path) == []


def test_a_process_that_lives_keeps_what_it_builds(tmp_path: Path, trainer: Any) -> None:
    child = Child(stay_in_a_step, str(tmp_path), "run-1")
    building = Path(next(child.lines()))
    ModelDeployer({"output_dir": str(tmp_path)}).deploy(trainer, None, {}, run_id="run-1")
    assert (building / "model.joblib").exists()
    child.send(signal.SIGKILL)
    child.wait()


def test_the_same_deployer_reuses_the_name_after_a_failure(tmp_path: Path, trainer: Any) -> None:
    names: list[str] = []

    class Flaky(DeploymentStep):
        name = "flaky_once"

        def run(self, context: DeploymentContext) -> None:
            assert context.final_dir is not None
            names.append(context.final_dir.name)
            if len(names) == 1:
                raise LookupError

    ModelDeployer.register_step(Flaky)
    try:
        config = {"output_dir": str(tmp_path), "steps": ["create_directory", "save_model", "flaky_once"]}
        deployer = ModelDeployer(config)
        with pytest.raises(LookupError):
            deployer.deploy(trainer, None, {})
        assert (visible(tmp_path), hidden(tmp_path)) == ([], [])
        deployer.deploy(trainer, None, {})
    finally:
        del ModelDeployer.STEP_REGISTRY["flaky_once"]
    assert names[0] == names[1] == visible(tmp_path)[0]


def test_a_failed_run_keeps_its_name_for_its_retry_in_another_process(tmp_path: Path) -> None:
    first = reserve(tmp_path, "a", run_id="run-1")
    (first.path / "half").write_text("x")
    first.abandon()
    assert hidden(tmp_path) == [".a.building"]
    second = reserve(tmp_path, "b", run_id="run-1")
    assert second.final == tmp_path / "a"
    assert [path.name for path in second.path.iterdir()] == [".building"]
    second.abandon()


def test_a_directory_of_that_name_is_never_overwritten(tmp_path: Path) -> None:
    workspace = reserve(tmp_path, "a")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "mine").write_text("x")
    with pytest.raises(FileExistsError):
        workspace.publish()
    workspace.abandon()
    assert (tmp_path / "a" / "mine").read_text() == "x"
    following = reserve(tmp_path, "a")
    assert following.final.name == "a_1"
    following.abandon()


def test_the_metadata_of_a_retry_names_the_published_directory(tmp_path: Path, trainer: Any) -> None:
    artifacts = ModelDeployer({"output_dir": str(tmp_path)}).deploy(trainer, {"p": 1}, {}, run_id="run-1")
    text = Path(artifacts["metadata_path"]).read_text()
    assert ".building" not in text
    assert json.loads(text)["model_path"] == artifacts["model_path"]
