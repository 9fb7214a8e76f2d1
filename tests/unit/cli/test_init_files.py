"""`init`: what it writes is valid as it is, and trains on the sample that it names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import in_shell
from sklearn.datasets import load_breast_cancer

FILES = ("mlops-config.yaml", "modeldeployment.yaml")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert in_shell("make-mlops-easy init", tmp_path).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    return tmp_path


@pytest.mark.parametrize("name", FILES)
def test_a_written_file_is_valid_without_change(home: Path, name: str) -> None:
    done = in_shell(f"make-mlops-easy run --check -f {name}", home)
    assert (done.returncode, done.stdout.strip()) == (0, f"{name}: valid"), done.stderr


@pytest.mark.parametrize("name", FILES)
def test_a_written_file_trains_on_the_sample_that_it_names(home: Path, name: str) -> None:
    done = in_shell(f"make-mlops-easy run -f {name} --output json", home)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"]


def test_train_takes_the_written_configuration(home: Path) -> None:
    load_breast_cancer(as_frame=True).frame.to_csv(home / "sample.csv", index=False)
    done = in_shell("make-mlops-easy train sample.csv -c mlops-config.yaml", home)
    assert done.returncode == 0, done.stderr
