"""`make-mlops-easy run`: exit codes, the termination message, output for people and for machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import make_mlops_easy
from easy_mlops.cli.main import main
from easy_mlops.contract import RunResult

SPEC: dict[str, Any] = {
    "data": {"uri": "sklearn://wine"},
    "training": {"model_type": "logistic_regression", "cv_folds": 0},
}


@pytest.fixture
def termination_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EASY_MLOPS_DATA_ROOT", raising=False)
    monkeypatch.setenv("EASY_MLOPS_TERMINATION_LOG", str(tmp_path / "termination.json"))
    return tmp_path / "termination.json"


def write(**changes: Any) -> None:
    spec = {**SPEC, **changes}
    manifest = {
        "apiVersion": "easymlops.dev/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"name": "wine"},
        "spec": spec,
    }
    Path("md.yaml").write_text(yaml.safe_dump(manifest))


def outcome(log: Path) -> RunResult:
    text = log.read_text()
    assert len(text.encode()) <= 4096
    return RunResult.decode(text)


def failed(log: Path) -> tuple[str, str]:
    result = outcome(log)
    assert not result.ok
    assert result.failure is not None
    return result.failure.reason, result.failure.location


def test_a_run_prints_a_line_per_step_and_ends_with_directory_digest_and_metrics(termination_log: Path) -> None:
    write()
    done = make_mlops_easy("run", "-f", "md.yaml", "--run-id", "run-1")
    assert done.returncode == 0, done.stderr
    result = outcome(termination_log)
    lines = done.stderr.splitlines()
    assert [line.split()[1] for line in lines] == [step.name for step in result.steps]
    assert all(line.split()[3] == "s" for line in lines)
    assert result.directory in done.stdout
    assert result.digest in done.stdout
    assert f"accuracy         {result.metrics['accuracy']:.4f}" in done.stdout


def test_with_output_json_stdout_is_the_result_and_nothing_else(termination_log: Path) -> None:
    write()
    done = make_mlops_easy("run", "-f", "md.yaml", "--output", "json", "--volume", "vol")
    printed = json.loads(done.stdout)
    assert printed["metrics"] == dict(outcome(termination_log).metrics)
    assert Path(printed["directory"]).is_dir()
    assert Path(printed["directory"]).parts[:2] == ("vol", "models")
    assert outcome(termination_log).directory.startswith("models/")


@pytest.mark.parametrize(
    ("changes", "code", "reason", "location"),
    [
        ({"data": {"uri": "file://gone.csv"}}, 1, "DataUnavailable", "spec.data.uri"),
        ({"data": {"uri": "sklearn://wine", "target": "vintage"}}, 1, "StepFailed", "spec.data.target"),
        ({"trainin": {}}, 1, "InvalidSpec", "spec.trainin"),
        ({"deployment": {"steps": ["save_modle"]}}, 1, "InvalidSpec", "spec.deployment.steps[0]"),
        (
            {"deployment": {"steps": ["of_an_image"]}, "pipeline": {"image": "mine:1"}},
            1,
            "InvalidSpec",
            "spec.deployment.steps[0]",
        ),
    ],
)
def test_a_failure_is_one_message_an_exit_code_and_a_termination_message(
    termination_log: Path,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, Any],
    code: int,
    reason: str,
    location: str,
) -> None:
    write(**changes)
    assert main(["run", "-f", "md.yaml", "--run-id", "run-1"]) == code
    assert failed(termination_log) == (reason, location)
    assert outcome(termination_log).run_id == "run-1"
    printed = capsys.readouterr()
    assert location in printed.err
    assert "Traceback" not in printed.err + printed.out


def test_a_volume_that_cannot_be_written_is_exit_code_75(termination_log: Path) -> None:
    write()
    assert main(["run", "-f", "md.yaml", "--volume", "/sys/kernel"]) == 75
    assert failed(termination_log) == ("VolumeUnavailable", "create_directory")


def test_on_a_volume_artifacts_stay_inside_it(termination_log: Path) -> None:
    write(deployment={"output_dir": "../elsewhere"})
    assert main(["run", "-f", "md.yaml", "--volume", "vol"]) == 1
    assert failed(termination_log) == ("InvalidSpec", "spec.deployment.output_dir")


def test_in_the_job_the_rules_of_a_cluster_apply(
    termination_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EASY_MLOPS_DATA_ROOT", str(tmp_path))
    write(data={"uri": "file:///etc/passwd"})
    assert main(["run", "-f", "md.yaml"]) == 1
    assert failed(termination_log) == ("InvalidSpec", "spec.data.uri")


def test_an_unexpected_error_is_in_the_termination_message_too(
    termination_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> RunResult:
        raise ZeroDivisionError("by accident")

    monkeypatch.setattr("easy_mlops.pipeline.run.run", broken)
    write()
    with pytest.raises(ZeroDivisionError):
        main(["run", "-f", "md.yaml"])
    assert failed(termination_log) == ("StepFailed", "run")
    failure = outcome(termination_log).failure
    assert failure is not None
    assert failure.message == "ZeroDivisionError: by accident"


def test_check_prints_every_problem_with_its_line_and_runs_nothing(
    termination_log: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write(deployment={"steps": ["save_model"], "metadata_filename": "config.yaml"}, preprocessing={"fill_value": 1})
    assert main(["run", "-f", "md.yaml", "--check"]) == 1
    errors = capsys.readouterr().err
    assert "md.yaml:" in errors
    assert "spec.deployment.steps[0]: save_model requires create_directory before it" in errors
    assert "spec.preprocessing.fill_value" in errors
    assert not (tmp_path / "models").exists()


def test_check_in_json_lists_the_problems(termination_log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(trainin={})
    assert main(["run", "-f", "md.yaml", "--check", "--output", "json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["path"], problem["reason"]) == ("spec.trainin", "UnknownField")


def test_a_configuration_without_data_is_an_error_that_names_the_key(
    termination_log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config.yaml").write_text("training: {cv_folds: 0}\n")
    assert main(["run", "-f", "config.yaml"]) == 1
    assert "data: is required" in capsys.readouterr().err
    assert failed(termination_log) == ("InvalidSpec", "data")


def test_a_configuration_of_sections_runs_like_a_resource(termination_log: Path) -> None:
    Path("config.yaml").write_text(yaml.safe_dump(SPEC))
    assert main(["run", "-f", "config.yaml"]) == 0
    assert outcome(termination_log).ok
