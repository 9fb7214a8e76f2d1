"""Failures of a run: the reason for the operator, the location in the user's file, and a helpful message."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from easy_mlops.deployment import DeploymentContext, DeploymentStep, ModelDeployer
from easy_mlops.training.targets import split_rows

TABLE = pd.DataFrame({"a": range(60), "b": [i % 7 for i in range(60)], "label": [i % 2 for i in range(60)]})
DATA = {"uri": "file://table.csv", "target": "label"}


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def to_csv(frame: pd.DataFrame) -> None:
        frame.to_csv(tmp_path / "table.csv", index=False)

    return to_csv


def failure(runner: Any, raw: dict[str, Any], **options: Any) -> tuple[str, str, str]:
    result = runner(raw, **options)
    assert not result.ok
    assert result.directory == result.digest == ""
    assert result.failure is not None
    return result.failure.reason, result.failure.location, result.failure.message


@pytest.mark.parametrize(
    ("uri", "content", "words"),
    [
        ("file://gone.csv", None, ["file://gone.csv", "is not there"]),
        ("file://table.csv", b"", ["file://table.csv", "empty"]),
        ("file://table.csv", b"a,label\n", ["file://table.csv", "empty"]),
        ("file://table.parquet", b"PAR1" + b"\0" * 64, ["file://table.parquet", "Parquet"]),
        ("configmap://tables/x.csv", None, ["configmap://tables/x.csv", "file://"]),
        ("pvc://claim/x.csv", None, ["pvc://claim/x.csv", "EASY_MLOPS_DATA_ROOT"]),
    ],
)
def test_data_that_cannot_be_read_is_data_unavailable(
    runner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str, content: bytes | None, words: list[str]
) -> None:
    monkeypatch.delenv("EASY_MLOPS_DATA_ROOT", raising=False)
    if content is not None:
        (tmp_path / uri.removeprefix("file://")).write_bytes(content)
    reason, location, message = failure(runner, {"data": {"uri": uri}})
    assert (reason, location) == ("DataUnavailable", "spec.data.uri")
    assert all(word in message for word in words)


@pytest.mark.parametrize(
    ("frame", "data", "location", "words"),
    [
        (TABLE, {"target": "labl"}, "spec.data.target", ["'labl'", "did you mean 'label'"]),
        (TABLE.assign(label=1), {}, "spec.data.target", ["'label'", "1 in all 60 rows"]),
        (TABLE.assign(label=None), {}, "validate", ["0 rows are too few"]),
        (TABLE.head(9), {}, "validate", ["9 rows are too few", "10"]),
        (TABLE.assign(a=np.nan), {}, "validate", ["'a'", "has no value"]),
        (TABLE[["label"]], {}, "spec.data.target", ["no columns besides"]),
        (TABLE.assign(label=[f"n{i}" for i in range(60)]), {}, "spec.data.target", ["60 different values"]),
        (TABLE.rename(columns={"label": "a;label"})[["a;label"]], {}, "spec.data.target", ["commas"]),
    ],
)
def test_data_without_anything_to_learn_is_a_failed_step(
    runner: Any, write: Any, frame: pd.DataFrame, data: dict[str, str], location: str, words: list[str]
) -> None:
    write(frame)
    reason, where, message = failure(runner, {"data": {**DATA, **data}})
    assert (reason, where) == ("StepFailed", location)
    assert all(word in message for word in words)


def test_a_training_split_with_one_target_value_is_an_error(runner: Any, write: Any) -> None:
    label = pd.Series([0] * 60)
    _, held_out = split_rows(label, test_size=0.2, random_state=42, stratify=False)
    label.iloc[held_out[0]] = 1
    write(TABLE.assign(label=label))
    reason, where, message = failure(runner, {"data": DATA})
    assert (reason, where) == ("StepFailed", "spec.data.target")
    assert "is 0 in all rows of the training split; only 1 held-out row differs" in message


@pytest.mark.parametrize(
    ("training", "location", "words"),
    [
        ({"model_type": "linear_regression"}, "spec.training.model_type", ["linear_regression", "classification"]),
        ({"hyperparameters": {"n_estimator": 3}}, "spec.training.hyperparameters.n_estimator", ["'n_estimators'"]),
        ({"hyperparameters": {"n_estimators": -3}}, "spec.training.hyperparameters", ["n_estimators", "-3"]),
    ],
)
def test_a_training_section_that_the_data_contradicts_is_a_failed_step_with_its_key(
    runner: Any, write: Any, training: dict[str, Any], location: str, words: list[str]
) -> None:
    write(TABLE.assign(label=["x", "y"] * 30))
    reason, where, message = failure(runner, {"data": DATA, "training": {"cv_folds": 0, **training}})
    assert (reason, where) == ("StepFailed", location)
    assert all(word in message for word in words)


def test_classes_are_not_predicted_for_numbers_with_decimals(runner: Any, write: Any) -> None:
    write(TABLE.assign(label=np.linspace(0, 1, 60)))
    reason, where, message = failure(runner, {"data": DATA})
    assert (reason, where) == ("StepFailed", "spec.training.model_type")
    assert "logistic_regression" in message


def test_rows_without_a_target_are_dropped_and_counted(runner: Any, write: Any) -> None:
    write(TABLE.assign(label=TABLE["label"].where(TABLE["a"] > 4)))
    result = runner({"data": DATA})
    assert result.ok
    validated = next(step for step in result.steps if step.name == "validate")
    assert "5 of 60 rows have no 'label'" in validated.message


def test_the_failed_step_is_the_last_one_and_says_why(runner: Any, write: Any) -> None:
    write(TABLE)
    result = runner({"data": {**DATA, "target": "labl"}})
    assert [(step.name, step.state) for step in result.steps] == [("load", "Succeeded"), ("validate", "Failed")]
    assert "'labl'" in result.steps[-1].message


def test_locations_begin_where_the_sections_lie(runner: Any, write: Any) -> None:
    write(TABLE)
    assert failure(runner, {"data": {**DATA, "target": "labl"}}, where="")[1] == "data.target"


class Failing(DeploymentStep):
    name = "failing"
    error: Exception = LookupError("no network")

    def run(self, context: DeploymentContext) -> None:
        raise self.error


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setitem(ModelDeployer.STEP_REGISTRY, "failing", Failing)
    steps = ["create_directory", "save_model", "save_preprocessor", "save_metadata", "failing"]
    return {"data": DATA, "deployment": {"steps": steps}}


def test_a_step_that_raises_ends_the_run_with_its_name_type_and_message(
    runner: Any, write: Any, failing: dict[str, Any], tmp_path: Path
) -> None:
    write(TABLE)
    reason, location, message = failure(runner, failing)
    assert (reason, location, message) == ("StepFailed", "failing", "LookupError: no network")
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO])
def test_a_full_or_read_only_volume_is_a_transient_failure(
    runner: Any, write: Any, failing: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int
) -> None:
    write(TABLE)
    monkeypatch.setattr(Failing, "error", OSError(number, "as the kernel says", "/volume/x"))
    reason, location, message = failure(runner, failing)
    assert (reason, location) == ("VolumeUnavailable", "failing")
    assert message == "as the kernel says: /volume/x"
    assert list((tmp_path / "models").iterdir()) == []


def test_a_disk_that_is_really_full_is_volume_unavailable(
    runner: Any, write: Any, failing: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_to_a_full_disk(self: Failing, context: DeploymentContext) -> None:
        Path("/dev/full").write_bytes(b"x")

    write(TABLE)
    monkeypatch.setattr(Failing, "run", write_to_a_full_disk)
    assert failure(runner, failing)[0] == "VolumeUnavailable"


def test_an_output_directory_that_cannot_be_written_fails_before_training(runner: Any, write: Any) -> None:
    write(TABLE)
    result = runner({"data": DATA}, output_root=Path("/sys/kernel"))
    assert result.failure is not None
    assert (result.failure.reason, result.failure.location) == ("VolumeUnavailable", "create_directory")
    assert result.steps == ()


def test_a_file_instead_of_the_output_directory_is_an_error_of_its_key(runner: Any, write: Any, tmp_path: Path) -> None:
    write(TABLE)
    (tmp_path / "models").write_text("mine")
    reason, location, message = failure(runner, {"data": DATA})
    assert (reason, location) == ("StepFailed", "spec.deployment.output_dir")
    assert "is not a directory" in message
