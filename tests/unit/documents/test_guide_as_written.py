"""Every block of the guide works as it is written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from blocks import Block, blocks_of
from easy_mlops.cli.main import main
from easy_mlops.config import ModelDeploymentSpec, check_spec
from easy_mlops.config.check.cluster import Cluster
from easy_mlops.config.check.spec import KnownSteps
from easy_mlops.config.deployment import DEPLOYMENT_STEPS
from easy_mlops.config.observability import OBSERVABILITY_STEPS
from easy_mlops.observability import ModelMonitor
from easy_mlops.pipeline import MLOpsPipeline
from plugin_files import steps_restored
from seeds import GUIDE, there

pytestmark = there
BLOCKS = blocks_of(GUIDE) if GUIDE.exists() else []
YAML = [block for block in BLOCKS if block.language == "yaml"]
PYTHON = [block for block in BLOCKS if block.language == "python"]
TREE_NAME = "deployment_20240101_120000"
STEP_MODULE = "def push_directory_to_s3(directory):\n    return f's3://{directory.name}'\n\n\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with the data that the guide expects; registries are restored afterwards."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(5)
    tenure = rng.integers(0, 72, 120)
    frame = pd.DataFrame({"tenure": tenure, "plan": rng.choice(["a", "b"], 120), "left": tenure < 30})
    (tmp_path / "data").mkdir()
    frame.to_csv("data/train.csv", index=False)
    frame.drop(columns="left").head(4).to_csv("data/new_samples.csv", index=False)
    with steps_restored():
        yield tmp_path


def the_block(text: str) -> Block:
    (block,) = [block for block in BLOCKS if text in block.text]
    return block


def test_there_are_blocks() -> None:
    assert (len(YAML), len(PYTHON)) == (9, 5)


@pytest.mark.parametrize("block", YAML, ids=lambda block: block.where)
def test_a_configuration_trains_predicts_and_monitors(block: Block, home: Path) -> None:
    Path("config.yaml").write_text(block.text)
    plugins = []
    if "upload_to_s3" in block.text:
        Path("my_steps.py").write_text(STEP_MODULE + the_block('name = "upload_to_s3"').text)
        plugins = ["--plugin", "my_steps"]
    assert main(["train", "data/train.csv", "--target", "left", "--config", "config.yaml", *plugins]) == 0
    base = Path((yaml.safe_load(block.text).get("deployment") or {}).get("output_dir", "./models"))
    (directory,) = base.iterdir()
    for command in (["predict", "data/new_samples.csv"], ["status"], ["observe"]):
        assert main([*command, str(directory)]) == 0


@pytest.mark.parametrize("block", YAML, ids=lambda block: block.where)
def test_a_configuration_is_the_spec_of_a_resource(block: Block) -> None:
    raw = yaml.safe_load(block.text)
    if isinstance((raw.get("deployment") or {}).get("version"), float):
        raw["deployment"]["version"] = str(raw["deployment"]["version"])
    spec = ModelDeploymentSpec.parse({"data": {"uri": "sklearn://breast_cancer"}, **raw}, "spec")
    known = KnownSteps(DEPLOYMENT_STEPS, OBSERVABILITY_STEPS, complete="upload_to_s3" not in block.text)
    assert check_spec(spec, cluster=Cluster(), steps=known) == []


def test_the_complete_example_has_exactly_these_limits() -> None:
    section = ModelMonitor(yaml.safe_load(the_block("alert_threshold: 0.82 ").text)["observability"])
    limits = {"f1_score": (0.78, "higher"), "rmse": (0.45, "lower"), "precision": (0.75, "higher")}
    for metric, (limit, better) in (limits | {"accuracy": (0.82, "higher")}).items():
        below, above = limit - 0.001, limit + 0.001
        assert section.check_metric_threshold(metric, below) is (better == "higher"), metric
        assert section.check_metric_threshold(metric, above) is (better == "lower"), metric


def test_the_python_blocks_work_in_their_order(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = MLOpsPipeline().run("data/train.csv", target_column="left")
    Path(results["deployment"]["deployment_dir"]).rename(home / "models" / TREE_NAME)
    told: list[Any] = []
    names: dict[str, Any] = {
        "push_directory_to_s3": lambda directory: f"s3://{directory.name}",
        "send_to_slack": lambda *arguments: told.append(arguments),
        "trigger_notification": lambda: told.append("alert"),
    }
    for block in PYTHON:
        exec(compile(block.text, block.where, "exec"), names)
    assert len(names["predictions"]) == 4
    assert told == ["alert"]
    assert "MODEL MONITORING REPORT" in capsys.readouterr().out
    monitor = ModelMonitor({"steps": ["metrics_logger", "slack_alert"]})
    monitor.log_metrics({"accuracy": 0.6})
    assert told[-1] == ({"accuracy": 0.6}, "1.0.0")


def test_a_deployment_has_the_files_of_the_layout(home: Path) -> None:
    tree = GUIDE.read_text().split("```\nmodels/\n", 1)[1].split("```", 1)[0]
    assert TREE_NAME in tree
    Path("config.yaml").write_text("deployment: {create_endpoint: true}\n")
    assert main(["train", "data/train.csv", "-t", "left", "-c", "config.yaml"]) == 0
    (directory,) = Path("models").iterdir()
    assert main(["predict", "data/new_samples.csv", str(directory)]) == 0
    for name in ("metadata.json", "model.joblib", "preprocessor.joblib", "predict.py", "logs/metrics_history.json",
                 "logs/predictions_log.json"):  # fmt: skip
        assert name.split("/")[-1] in tree
        assert (directory / name).is_file(), name


def test_the_custom_template_is_a_program_that_runs(home: Path) -> None:
    Path("config.yaml").write_text(the_block("predict_sales.py").text)
    assert main(["train", "data/train.csv", "-t", "left", "-c", "config.yaml"]) == 0
    (directory,) = Path("models").iterdir()
    script = directory / "predict_sales.py"
    assert script.stat().st_mode & 0o111
    Path("rows.json").write_text("[[0.1, 0.0, 1.0], [2.0, 1.0, 0.0]]")
    done = subprocess.run([sys.executable, script, "rows.json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.replace("[", "").replace("]", "").split()) == 2


def test_every_command_in_the_guide_exists(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = capsys.readouterr().out
    for command in ("train", "predict", "status", "observe", "init"):
        assert f"\n    {command} " in listed
