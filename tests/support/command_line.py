"""`make-mlops-easy` as a process of its own, and a home to call it in, as its help and the guide have it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import joblib
import numpy as np
import pandas as pd
from easy_mlops.cli.init import MANIFEST, SECTIONS
from easy_mlops.pipeline import MLOpsPipeline
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

PROGRAM = Path(sys.executable).parent / "make-mlops-easy"
QUICK = "training: {model_type: logistic_regression, cv_folds: 0}\n"


def environment() -> dict[str, str]:
    """That of a user: the program is found, and output is buffered."""
    path = f"{PROGRAM.parent}:{os.environ['PATH']}"
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"} | {"PATH": path}


def make_mlops_easy(
    *arguments: str | Path, cwd: Path | None = None, stdout: int | IO[str] = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    command = [PROGRAM, *arguments]
    return subprocess.run(
        command, cwd=cwd, env=environment(), stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, timeout=120
    )


def in_shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A line for bash, to its end."""
    command = ["bash", "-euo", "pipefail", "-c", line]
    return subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, check=False, timeout=120)


@contextmanager
def started(*arguments: str | Path, cwd: Path, stderr: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    """One command, at work; it does not outlive the block."""
    with subprocess.Popen(
        [PROGRAM, *arguments],
        cwd=cwd,
        env=environment() | {"TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def read_terminal(ours: int) -> str:
    """All that is shown on a terminal until the program has closed its side; `ours` is closed, too."""
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # how Linux tells that the other side is closed
        os.close(ours)
    return shown.decode()


def write_home(home: Path) -> None:
    """`customers.csv` with `left` to predict, `new.csv` without it, `models/deployment_1`, `model.joblib`, which was
    trained elsewhere, and both files of `init`.
    """
    rng = np.random.default_rng(1)
    tenure = rng.integers(0, 72, 200)
    plan = rng.choice(["monthly", "yearly"], 200)
    frame = pd.DataFrame({"tenure": tenure, "plan": plan, "left": np.where(tenure < 24, "yes", "no")})
    frame.to_csv(home / "customers.csv", index=False)
    new = frame.drop(columns="left").head(5)
    new.to_csv(home / "new.csv", index=False)
    (home / "mlops-config.yaml").write_text(SECTIONS)
    manifest = (
        MANIFEST.format(file="modeldeployment.yaml")
        + "  data: {uri: sklearn://breast_cancer}\n  training: {model_type: logistic_regression}\n"
    )
    (home / "modeldeployment.yaml").write_text(manifest)
    (home / "quick.yaml").write_text(f"{QUICK}deployment: {{output_dir: {home}/models}}\n")
    results = MLOpsPipeline(home / "quick.yaml").run(home / "customers.csv")
    Path(results["deployment"]["deployment_dir"]).rename(home / "models/deployment_1")
    encoder = make_column_transformer((OneHotEncoder(), ["plan"]), remainder="passthrough")
    model = make_pipeline(encoder, LogisticRegression(max_iter=1000))
    joblib.dump(model.fit(frame[["tenure", "plan"]], frame["left"]), home / "model.joblib")
