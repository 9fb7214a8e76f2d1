"""`pip install ./runtime` into an empty environment installs a complete library and command line."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LIBRARY = """
from pathlib import Path

import numpy as np
import pandas as pd
from easy_mlops.deployment import ModelDeployer
from easy_mlops.observability import ModelMonitor
from easy_mlops.pipeline import MLOpsPipeline

tenure = np.arange(120) % 72
table = pd.DataFrame({"tenure": tenure, "plan": np.where(tenure % 3, "a", "b"), "left": tenure < 24})
table.to_csv("train.csv", index=False)
table.drop(columns="left").head(7).to_csv("new.csv", index=False)
Path("config.yaml").write_text("training: {model_type: logistic_regression, cv_folds: 0}")
pipeline = MLOpsPipeline("config.yaml")
results = pipeline.run("train.csv", target_column="left")
directory = results["deployment"]["deployment_dir"]
assert len(pipeline.predict("new.csv", directory)) == 7
assert len(ModelDeployer().load_deployed_model(directory)) == 3
monitor = ModelMonitor()
monitor.load_logs(results["logs"]["metrics"].rpartition("/")[0])
assert monitor.get_predictions_summary()["total_predictions"] == 7
print(directory)
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs in an environment with the package and its dependencies as in uv.lock, nothing else."""
    folder = tmp_path_factory.mktemp("empty")
    locked = uv("export", "--quiet", "--frozen", "--no-dev", "--no-hashes", "--no-emit-workspace",
                "--package", "make-mlops-easy")  # fmt: skip
    (folder / "versions.txt").write_text(locked)
    uv("venv", "--quiet", "--no-project", str(folder / "venv"))
    uv("pip", "install", "--quiet", "--python", str(folder / "venv/bin/python"),
       "--constraints", str(folder / "versions.txt"), str(ROOT / "runtime"))  # fmt: skip
    return folder / "venv" / "bin"


def test_the_library_trains_predicts_and_keeps_logs(programs: Path, tmp_path: Path) -> None:
    directory = run(programs / "python", "-c", LIBRARY, cwd=tmp_path).strip()
    assert run(programs / "make-mlops-easy", "observe", directory, cwd=tmp_path).count("Total predictions: 7") == 1
    run(programs / "make-mlops-easy", "observe", directory, "-o", "report.html", cwd=tmp_path)
    assert "7 predictions from" in (tmp_path / "report.html").read_text()
    assert "# Handoff" in run(programs / "make-mlops-easy", "handoff", directory, cwd=tmp_path)


def test_the_command_line_is_there(programs: Path, tmp_path: Path) -> None:
    assert "train a model and deploy it" in run(programs / "make-mlops-easy", "--help", cwd=tmp_path)


def uv(*arguments: str) -> str:
    """The uv that created the environment of this checkout."""
    version = re.search(r"^uv_version=(\S+)$", (ROOT / "hack/toolchain.sh").read_text(), re.M)
    assert version
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return run(cache / f"make-mlops-easy/uv-{version[1]}/bin/uv", *arguments, cwd=ROOT)


def run(program: Path, *arguments: str, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    command = [str(program), *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
