"""`ModelDeployer` as the guide describes it: names, files, precedence, errors."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from easy_mlops.config import ConfigError
from easy_mlops.deployment import (
    CreateDeploymentDirectoryStep,
    ModelDeployer,
    SaveModelStep,
)
from easy_mlops.pipeline import MLOpsPipeline


def metadata_of(artifacts: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(artifacts["metadata_path"]).read_text())
    return found


def test_defaults_make_a_timestamped_directory_with_everything(
    trainer: Any, results: dict[str, Any], tmp_path: Path
) -> None:
    artifacts = ModelDeployer().deploy(trainer, {"fitted": True}, results)
    directory = Path(artifacts["deployment_dir"])
    assert directory.parent == tmp_path / "models"
    assert re.fullmatch(r"deployment_\d{8}_\d{6}", directory.name)
    assert {path.name for path in directory.iterdir()} == {
        "model.joblib", "preprocessor.joblib", "metadata.json", "config.yaml", "SHA256SUMS", "logs",
    }  # fmt: skip
    assert set(artifacts) == {"deployment_dir", "model_path", "preprocessor_path", "metadata_path"}
    assert all(Path(path).is_absolute() and Path(path).exists() for path in artifacts.values())
    assert list((tmp_path / "models").iterdir()) == [directory]


def test_the_directorys_time_is_utc_now(trainer: Any, results: dict[str, Any]) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    deployer = ModelDeployer({"deployment_time": "2001-01-01T00:00:00Z"})
    name = Path(deployer.deploy(trainer, None, results)["deployment_dir"]).name
    written = datetime.strptime(name, "deployment_%Y%m%d_%H%M%S").replace(tzinfo=UTC)
    assert before <= written <= datetime.now(UTC)


def test_names_of_the_section_are_used(trainer: Any, results: dict[str, Any], tmp_path: Path) -> None:
    config = {
        "output_dir": "./artifacts/churn",
        "deployment_prefix": "churn_model",
        "metadata_filename": "manifest.json",
    }
    artifacts = ModelDeployer(config).deploy(trainer, None, results)
    assert Path(artifacts["deployment_dir"]).parent == tmp_path / "artifacts/churn"
    assert Path(artifacts["deployment_dir"]).name.startswith("churn_model_")
    assert Path(artifacts["metadata_path"]).name == "manifest.json"
    assert "preprocessor_path" not in artifacts


def test_metadata_is_strict_json_with_what_the_guide_promises(trainer: Any, results: dict[str, Any]) -> None:
    results["metrics"] = {"rmse": np.float32(0.5), "broken": float("nan")}
    artifacts = ModelDeployer({"version": "2.1.0", "deployment_time": "2024-05-01T09:00:00Z"}).deploy(
        trainer, {"fitted": True}, results, run_id="run-1"
    )
    text = Path(artifacts["metadata_path"]).read_text()
    assert "NaN" not in text
    metadata = json.loads(text)
    assert metadata["model_path"] == artifacts["model_path"]
    assert metadata["preprocessor_path"] == artifacts["preprocessor_path"]
    assert metadata["training_results"]["metrics"] == {"rmse": 0.5, "broken": None}
    assert (metadata["version"], metadata["status"]) == ("2.1.0", "deployed")
    assert metadata["deployment_time"] == "2024-05-01T09:00:00Z"
    assert metadata["files"] == {
        "model": "model.joblib", "preprocessor": "preprocessor.joblib", "endpoint": None, "config": "config.yaml",
    }  # fmt: skip
    assert metadata["run_id"] == "run-1"
    assert {"python", "scikit-learn", "numpy", "pandas", "make-mlops-easy"} == set(metadata["versions"])
    assert len(metadata["digest"]) == 64


def test_the_snapshot_is_the_effective_configuration(trainer: Any, results: dict[str, Any]) -> None:
    artifacts = ModelDeployer({"version": 1.5}).deploy(trainer, None, results)
    snapshot = yaml.safe_load((Path(artifacts["deployment_dir"]) / "config.yaml").read_text())
    assert set(snapshot) == {"deployment"}
    assert snapshot["deployment"]["version"] == "1.5"
    assert snapshot["deployment"]["deployment_prefix"] == "deployment"


def test_coreutils_agree_with_the_checksums(trainer: Any, results: dict[str, Any]) -> None:
    directory = ModelDeployer({"create_endpoint": True}).deploy(trainer, None, results)["deployment_dir"]
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=directory, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert set(checked.stdout.split()[::2]) == {"config.yaml:", "metadata.json:", "model.joblib:", "predict.py:"}


def test_the_endpoint_script_prints_what_predict_answers(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": range(60), "y": ["low"] * 30 + ["high"] * 30})
    table.to_csv("data.csv", index=False)
    table.head(3).drop(columns="y").to_csv("rows.csv", index=False)
    Path("config.yaml").write_text(
        "training: {model_type: random_forest_classifier, cv_folds: 0}\ndeployment: {create_endpoint: true}\n"
    )
    directory = MLOpsPipeline("config.yaml").run("data.csv", target_column="y")["deployment"]["deployment_dir"]
    command = [sys.executable, f"{directory}/predict.py", "rows.csv"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == {"predictions": ["low", "low", "low"]}


@pytest.mark.parametrize(
    ("configured", "asked", "written"),
    [
        (False, None, False),
        (True, None, True),
        (True, False, False),
        (False, True, True),
    ],
)
def test_what_a_call_says_about_the_script_wins(
    trainer: Any, results: dict[str, Any], configured: bool, asked: bool | None, written: bool
) -> None:
    deployer = ModelDeployer({"create_endpoint": configured, "endpoint_filename": "score.py"})
    artifacts = deployer.deploy(trainer, None, results, create_endpoint=asked)
    assert ("endpoint_path" in artifacts) is written
    assert (Path(artifacts["deployment_dir"]) / "score.py").exists() is written
    assert metadata_of(artifacts)["files"]["endpoint"] == ("score.py" if written else None)
    again = deployer.deploy(trainer, None, results)
    assert ("endpoint_path" in again) is configured


def test_a_call_switches_even_an_explicit_script_off(trainer: Any, results: dict[str, Any]) -> None:
    steps = ["create_directory", "save_model", {"type": "endpoint_script", "params": {"enabled": True}}]
    assert "endpoint_path" in ModelDeployer({"steps": steps}).deploy(trainer, None, results)
    assert "endpoint_path" not in ModelDeployer({"steps": steps}).deploy(trainer, None, results, create_endpoint=False)


@pytest.mark.parametrize(
    ("section", "step", "text"),
    [
        ({}, {}, "ModelDeployer"),
        ({"endpoint_template": "# section"}, {}, "# section"),
        ({"endpoint_template": "# section"}, {"template": "# step"}, "# step"),
        ({"endpoint_template": "# section"}, {"template": ""}, "# section"),
        ({"endpoint_template": ""}, {"template": None}, "ModelDeployer"),
    ],
)
def test_the_template_of_the_step_outranks_the_sections_and_that_the_built_in_one(
    trainer: Any, results: dict[str, Any], section: dict[str, Any], step: dict[str, Any], text: str
) -> None:
    script = {"type": "endpoint_script", "params": {"enabled": True, **step}}
    config = {**section, "steps": ["create_directory", "save_model", script]}
    path = Path(ModelDeployer(config).deploy(trainer, None, results)["endpoint_path"])
    assert text in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o755


def test_a_script_can_be_added_later_and_is_vouched_for(trainer: Any, results: dict[str, Any]) -> None:
    deployer = ModelDeployer({"endpoint_filename": "later.py"})
    directory = deployer.deploy(trainer, None, results)["deployment_dir"]
    assert Path(deployer.create_endpoint_script(directory)).name == "later.py"
    model_data, _, _ = deployer.load_deployed_model(directory)
    assert model_data["model"] == 1.5
    assert "later.py" in (Path(directory) / "SHA256SUMS").read_text()


def test_an_output_directory_can_be_given_for_one_call(trainer: Any, results: dict[str, Any], tmp_path: Path) -> None:
    deployer = ModelDeployer()
    staged = deployer.save_deployment_artifacts(trainer, None, results, output_dir="./staging")
    assert Path(staged["deployment_dir"]).parent == tmp_path / "staging"
    assert Path(deployer.deploy(trainer, None, results)["deployment_dir"]).parent == tmp_path / "models"


def test_the_artifact_map_is_the_callers_own(trainer: Any, results: dict[str, Any]) -> None:
    deployer = ModelDeployer()
    assert deployer.get_deployment_info() == {}
    deployer.deploy(trainer, None, results)["model_path"] = "changed"
    info = deployer.get_deployment_info()
    assert info["model_path"] != "changed"
    assert len(info["digest"]) == 64
    info.clear()
    assert deployer.deployment_info


@pytest.mark.parametrize(
    ("config", "error", "words"),
    [
        ({"steps": ["create_directory", "save_modle"]}, ValueError, ["'save_modle'", "create_directory, save_model"]),
        ({"steps": [{"params": {}}]}, ValueError, ["'type'"]),
        ({"steps": [7]}, TypeError, ["int 7"]),
        ({"steps": [{"type": "save_model", "params": {"nmae": 1}}]}, ValueError, ["save_model", "nmae"]),
        ({"deployment_prefix": "../up"}, ValueError, ["deployment_prefix", "../up"]),
        ({"metadata_filename": "/etc/passwd"}, ValueError, ["metadata_filename"]),
        ({"steps": [{"type": "save_model", "params": {"filename": "a/b"}}]}, ValueError, ["save_model", "a/b"]),
        ({"steps": [{"type": "create_directory", "params": {"timestamp_format": "%Y/%m"}}]}, ValueError, ["slash"]),
        ({"metadata_filename": "model.joblib"}, ValueError, ["save_model", "save_metadata", "model.joblib"]),
        ({"ouput_dir": "x"}, ValueError, ["ouput_dir", "did you mean 'output_dir'"]),
    ],
)
def test_a_bad_configuration_raises_before_any_file_exists(
    config: dict[str, Any], error: type[Exception], words: list[str], tmp_path: Path
) -> None:
    with pytest.raises(error) as caught:
        ModelDeployer(config)
    assert all(word in str(caught.value) for word in words)
    assert list(tmp_path.iterdir()) == []


def test_parameters_of_a_built_in_step_are_checked_when_it_is_made() -> None:
    with pytest.raises(ConfigError, match="step 'save_model' has no parameter 'path'"):
        SaveModelStep(path="x")
    assert SaveModelStep.from_config({"filename": "m.joblib"}).params == {"filename": "m.joblib"}


@pytest.mark.parametrize(
    ("steps", "names"),
    [
        (["save_model"], ["save_model", "create_directory"]),
        (["save_metadata"], ["save_metadata", "create_directory"]),
        (["create_directory", "save_metadata"], ["save_metadata", "save_model"]),
        ([{"type": "endpoint_script", "params": {"enabled": True}}], ["endpoint_script", "create_directory"]),
    ],
)
def test_a_missing_prerequisite_is_named_at_run_time(
    trainer: Any, results: dict[str, Any], steps: list[Any], names: list[str], tmp_path: Path
) -> None:
    with pytest.raises(RuntimeError) as caught:
        ModelDeployer({"steps": steps}).deploy(trainer, None, results)
    assert all(name in str(caught.value) for name in names)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_get_step_finds_the_configured_step() -> None:
    deployer = ModelDeployer({"deployment_prefix": "p"})
    step = deployer.get_step("create_directory")
    assert isinstance(step, CreateDeploymentDirectoryStep)
    assert step.params["prefix"] == "p"
    assert deployer.get_step("endpoint_script") is None
    assert [s.name for s in deployer.steps] == ["create_directory", "save_model", "save_preprocessor", "save_metadata"]
