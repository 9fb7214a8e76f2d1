"""`train`, `predict`, `status` and `observe` as in the guide; one message per mistake."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from easy_mlops.cli.main import main

CONFIG = "training: {model_type: logistic_regression, cv_folds: 0}\npreprocessing: {handle_missing: median}\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    size = rng.normal(0, 1, 80)
    frame = pd.DataFrame({"size": size, "kind": rng.choice(["a", "b"], 80), "y": np.where(size > 0, "big", "small")})
    frame.to_csv("data.csv", index=False)
    frame.drop(columns="y").head(3).to_csv("new.csv", index=False)
    Path("config.yaml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def deployed(home: Path) -> str:
    assert main(["train", "data.csv", "--target", "y", "--config", "config.yaml"]) == 0
    (directory,) = (home / "models").iterdir()
    return str(directory)


def test_train_ends_with_metrics_and_the_directory(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "data.csv", "-t", "y", "-c", "config.yaml"]) == 0
    printed = capsys.readouterr()
    (directory,) = (home / "models").iterdir()
    assert str(directory) in printed.out
    assert "accuracy" in printed.out
    assert "publish" in printed.err


def test_no_deploy_makes_no_directory(home: Path) -> None:
    assert main(["train", "data.csv", "-t", "y", "-c", "config.yaml", "--no-deploy"]) == 0
    assert not (home / "models").exists()


def test_train_without_a_target_reports_that_it_takes_the_last_column(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "data.csv", "-c", "config.yaml", "--no-deploy", "--output", "json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["training"]["target_column"] == "y"
    assert "target is the last column, 'y'" in printed.err


def test_predict_prints_or_writes_one_prediction_per_row(deployed: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["predict", "new.csv", deployed]) == 0
    lines = capsys.readouterr().out.split()
    assert lines[0] == "prediction"
    assert main(["predict", "new.csv", deployed, "-o", "out.csv"]) == 0
    with Path("out.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["prediction"] for row in rows] == lines[1:]
    assert [row["kind"] for row in rows] == list(pd.read_csv("new.csv")["kind"])


def test_unscored_rows_keep_their_places_and_the_exit_code_is_1_if_all_are_unscored(
    deployed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    Path("odd.csv").write_text("size,kind\nbig,a\n1.5,b\n")
    assert main(["predict", "odd.csv", deployed, "--output", "json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["predictions"], result["scored"], result["unscored"]) == ([None, "big"], 1, 1)
    assert result["first"] == "row 0: column 'size' takes a finite number, got 'big'"
    Path("odd.csv").write_text("size,kind\nbig,a\n")
    assert main(["predict", "odd.csv", deployed]) == 1


def test_output_rows_equal_the_input_rows(deployed: str) -> None:
    Path("codes.csv").write_text("size,kind,code\n1.50,a,007\n,b,TRUE\n")
    assert main(["predict", "codes.csv", deployed, "-o", "out.csv"]) == 0
    lines = [line.rsplit(",", 1)[0] for line in Path("out.csv").read_text().splitlines()]
    assert lines == ["size,kind,code", "1.50,a,007", ",b,TRUE"]


def test_status_counts_predictions_and_judges_metrics(deployed: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["predict", "new.csv", deployed])
    capsys.readouterr()
    assert main(["status", deployed, "--output", "json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert status["monitoring"]["predictions_summary"]["total_predictions"] == 3
    assert main(["status", deployed]) == 0
    assert "accuracy" in capsys.readouterr().out


def test_alerts_change_the_exit_code_only_with_fail_on_alert(deployed: str) -> None:
    Path("strict.yaml").write_text("observability: {metric_thresholds: {accuracy: 1.1}}\n")
    assert main(["status", deployed, "-c", "strict.yaml"]) == 0
    assert main(["status", deployed, "-c", "strict.yaml", "--fail-on-alert"]) == 1


def test_observe_prints_or_writes_the_report(deployed: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["observe", deployed]) == 0
    report = capsys.readouterr().out
    assert "accuracy" in report
    assert main(["observe", deployed, "-o", "report.txt"]) == 0
    assert Path("report.txt").read_text() == report


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "gone.csv"], "gone.csv is not there"),
        (["train", "data.csv", "-t", "yy", "--no-deploy"], "did you mean 'y'"),
        (["train", "data.csv", "-c", "gone.yaml"], "gone.yaml: cannot be read"),
        (["predict", "new.csv", "nowhere"], "nowhere is not a deployment directory"),
        (["status", "nowhere"], "nowhere is not a deployment directory"),
        (["observe", "nowhere"], "nowhere is not a deployment directory"),
    ],
)
def test_a_mistake_is_exit_code_1_and_one_message(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(arguments) == 1
    errors = capsys.readouterr().err
    assert words in errors
    assert "Traceback" not in errors


def test_a_path_that_cannot_be_written_is_one_message(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("sys.yaml").write_text(f"{CONFIG}deployment: {{output_dir: /sys/kernel/models}}\n")
    assert main(["train", "data.csv", "-t", "y", "-c", "sys.yaml"]) == 1
    errors = capsys.readouterr().err
    assert "/sys/kernel/models" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (["-o", "report.html"], "<!DOCTYPE html>"),
        (["-o", "report.md"], "# Model monitoring report"),
        (["-o", "report.txt"], "=" * 60),
        (["-o", "report.pdf", "--format", "html"], "<!DOCTYPE html>"),
        (["-o", "report.html", "--format", "text"], "=" * 60),
    ],
)
def test_the_format_of_the_report_follows_the_extension_unless_it_is_set(
    deployed: str, arguments: list[str], start: str
) -> None:
    assert main(["observe", deployed, *arguments]) == 0
    report = Path(arguments[1]).read_text()
    assert report.startswith(start)
    assert Path(deployed).name.replace("_", "\\_" if arguments[1].endswith(".md") else "_") in report


def test_an_unknown_extension_is_an_error_that_names_it(deployed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["observe", deployed, "-o", "report.pdf"]) == 1
    assert "report.pdf: unknown report format '.pdf'; known are .md" in capsys.readouterr().err
    assert not Path("report.pdf").exists()
