"""The command line: help with examples, one message per mistake, exit codes 0, 1 and 2."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import make_mlops_easy
from easy_mlops.cli.commands import COMMANDS


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_help_lists_every_command_and_its_arguments(command: str, tmp_path: Path) -> None:
    assert re.search(rf"^ +{command}\s", make_mlops_easy("--help", cwd=tmp_path).stdout, re.M)
    done = make_mlops_easy(command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "usage: make-mlops-easy" in done.stdout


def test_help_imports_no_heavy_library(tmp_path: Path) -> None:
    code = (
        "import sys, easy_mlops.cli.parser as cli; cli.parser(); "
        "print([n for n in ('numpy', 'pandas', 'sklearn') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_wrong_usage_is_exit_code_2(tmp_path: Path) -> None:
    assert make_mlops_easy("run", cwd=tmp_path).returncode == 2
    assert make_mlops_easy("rum", cwd=tmp_path).returncode == 2


def test_init_writes_two_files_that_pass_validation(tmp_path: Path) -> None:
    assert make_mlops_easy("init", cwd=tmp_path).returncode == 0
    checked = make_mlops_easy("run", "-f", "modeldeployment.yaml", "--check", cwd=tmp_path)
    assert (checked.returncode, checked.stdout) == (0, "modeldeployment.yaml: valid\n")
    assert (tmp_path / "mlops-config.yaml").exists()


def test_init_overwrites_nothing_without_force(tmp_path: Path) -> None:
    (tmp_path / "mlops-config.yaml").write_text("mine: true\n")
    refused = make_mlops_easy("init", cwd=tmp_path)
    assert refused.returncode == 1
    assert "mlops-config.yaml exists already" in refused.stderr
    assert (tmp_path / "mlops-config.yaml").read_text() == "mine: true\n"
    assert make_mlops_easy("init", "--force", cwd=tmp_path).returncode == 0


def test_check_names_file_line_key_and_the_nearest_valid_name(tmp_path: Path) -> None:
    make_mlops_easy("init", cwd=tmp_path)
    file = tmp_path / "modeldeployment.yaml"
    lines = file.read_text().replace("metric_thresholds", "metric_tresholds").splitlines()
    file.write_text("\n".join(lines))
    line = next(number for number, text in enumerate(lines, 1) if "metric_tresholds" in text)
    done = make_mlops_easy("run", "-f", "modeldeployment.yaml", "--check", cwd=tmp_path)
    assert done.returncode == 1
    assert f"modeldeployment.yaml:{line}: spec.observability.metric_tresholds" in done.stderr
    assert "did you mean 'metric_thresholds'?" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["status", "observe", "handoff"])
def test_status_and_reports_do_not_import_scikit_learn(tmp_path: Path, command: str) -> None:
    """Nothing is unpickled either, since nothing that could do so is imported."""
    directory = tmp_path / "deployment_1"
    directory.mkdir()
    (directory / "metadata.json").write_text("{}")
    (directory / "config.yaml").write_text("{}")
    code = (
        "import sys; from easy_mlops.cli.main import main; "
        f"assert main([{command!r}, {str(directory)!r}]) == 0; "
        "print([name for name in ('numpy', 'pandas', 'sklearn', 'joblib', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_path_that_is_not_a_deployment_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for place, words in (("file", "it is a file"), ("empty", "it has no metadata"), ("away", "no such directory")):
        done = make_mlops_easy("status", tmp_path / place, cwd=tmp_path)
        assert done.returncode == 1
        assert f"{place} is not a deployment directory: " in done.stderr
        assert words in done.stderr


def test_a_folder_without_tables_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    done = make_mlops_easy("train", "tables", cwd=tmp_path)
    assert done.returncode == 1
    assert "tables has no Parquet files" in done.stderr
