"""`train`, `predict`, `status` and `observe` as in the guide; one message per mistake."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from easy_mlops.cli.main import main
from easy_mlops.cli.predictions_file import write_predictions

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


def test_the_extension_decides_the_format_of_the_predictions(deployed: str) -> None:
    Path("odd.csv").write_text("size,kind,code\nbig,a,007\n1.5,b,008\n")
    for name in ("out.csv", "out.parquet", "out.json"):
        assert main(["predict", "odd.csv", deployed, "-o", name]) == 0
    assert Path("out.csv").read_text() == "size,kind,code,prediction\nbig,a,007,\n1.5,b,008,big\n"
    table = pd.read_parquet("out.parquet")
    assert list(table.columns) == ["size", "kind", "code", "prediction"]
    assert table["code"].tolist() == [7, 8]
    assert [None if pd.isna(value) else value for value in table["prediction"]] == [None, "big"]
    assert json.loads(Path("out.json").read_text()) == {"predictions": [None, "big"]}


@pytest.mark.parametrize(
    ("predictions", "dtype"),
    [
        ([1, None, 3], "Int64"),
        ([0.5, 1e-300, 2.0], "Float64"),
        ([True, False, None], "boolean"),
    ],
)
def test_predictions_keep_their_type_beside_missing_ones(predictions: list[object], dtype: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a\n1\n2\n3\n")
    for suffix in (".csv", ".parquet"):
        with (tmp_path / f"out{suffix}").open("wb") as stream:
            write_predictions(stream, str(tmp_path / "rows.csv"), predictions, suffix)
    values = [line.split(",")[1] for line in (tmp_path / "out.csv").read_text().splitlines()[1:]]
    assert values == ["" if value is None else str(value) for value in predictions]
    assert pd.read_parquet(tmp_path / "out.parquet")["prediction"].convert_dtypes().dtype.name == dtype


def test_an_unknown_extension_of_the_predictions_is_an_error_before_the_work(
    deployed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "new.csv", deployed, "-o", "scored.xlsx"]) == 1
    message = "make-mlops-easy predict: scored.xlsx: unknown format '.xlsx'; known are .csv, .parquet, .json\n"
    assert capsys.readouterr().err.endswith(message)
    assert not Path("scored.xlsx").exists()


def test_unscored_rows_keep_their_places_and_the_exit_code_is_1_if_all_are_unscored(
    deployed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    Path("odd.csv").write_text("size,kind\nbig,a\n1.5,b\n")
    assert main(["predict", "odd.csv", deployed, "--output", "json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["predictions"], result["scored"], result["unscored"]) == ([None, "big"], 1, 1)
    assert result["first"] == "row 0: column 'size' takes a number, got the text \"big\""
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
