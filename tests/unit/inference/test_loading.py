"""A directory that cannot be served is refused with the reason that the operator acts on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from churn import Trained
from deployments import write_deployment
from easy_mlops.deployment.deployer import write_sums
from easy_mlops.inference.loading import LoadError, load
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression


@pytest.fixture
def directory(models: dict[str, Trained], tmp_path: Path) -> Path:
    copy = tmp_path / "deployment"
    shutil.copytree(models["binary"].directory, copy)
    return copy


def test_a_sound_directory_is_loaded_and_has_scored_a_row(models: dict[str, Trained]) -> None:
    loaded = load(models["binary"].directory, digest=models["binary"].digest, name="churn")
    assert loaded.model.name == "churn"
    assert loaded.model.version == "2.1.0"
    assert loaded.model.digest == models["binary"].digest
    assert loaded.model.tier == loaded.engine.tier == "T3"
    assert loaded.model.classes == ["no", "yes"]
    assert loaded.log_predictions is True


def edit(directory: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = directory / "metadata.json"
    metadata = json.loads(path.read_text())
    change(metadata)
    path.write_text(json.dumps(metadata))
    write_sums(directory)


def tamper(directory: Path) -> None:
    with (directory / "model.joblib").open("ab") as file:
        file.write(b"x")


def no_sums(directory: Path) -> None:
    (directory / "SHA256SUMS").unlink()


def other_version(directory: Path) -> None:
    edit(directory, lambda m: m["versions"].update({"scikit-learn": "0.24.2"}))


def no_schema(directory: Path) -> None:
    edit(directory, lambda m: m.pop("schema"))


def renamed_column(directory: Path) -> None:
    edit(directory, lambda m: m["schema"]["columns"][0].update(name="other"))


def corrupt(directory: Path) -> None:
    (directory / "model.joblib").write_bytes(b"not a pickle")
    write_sums(directory)


def bad_config(directory: Path) -> None:
    (directory / "config.yaml").write_text("observability: {log_prediction: true}")
    write_sums(directory)


def gone(directory: Path) -> None:
    shutil.rmtree(directory)


@pytest.mark.parametrize(
    ("spoil", "reason", "message"),
    [
        (tamper, "DigestMismatch", "model.joblib was changed"),
        (no_sums, "DigestMismatch", "SHA256SUMS"),
        (other_version, "VersionMismatch", "0.24.2"),
        (no_schema, "LoadFailed", "no schema"),
        (renamed_column, "LoadFailed", "takes other columns"),
        (corrupt, "LoadFailed", "cannot be loaded"),
        (bad_config, "LoadFailed", "did you mean 'log_predictions'?"),
        (gone, "LoadFailed", "no such directory"),
    ],
)
def test_a_spoiled_directory_is_refused(
    directory: Path, spoil: Callable[[Path], None], reason: str, message: str
) -> None:
    spoil(directory)
    with pytest.raises(LoadError) as caught:
        load(directory, digest=None, name="churn")
    assert caught.value.failure.reason == reason
    assert message in caught.value.failure.message


def test_another_digest_than_the_expected_one_is_refused(directory: Path) -> None:
    with pytest.raises(LoadError) as caught:
        load(directory, digest="0" * 64, name="churn")
    assert caught.value.failure.reason == "DigestMismatch"


def test_a_preprocessor_of_other_columns_is_refused(tmp_path: Path) -> None:
    from easy_mlops.inference.schema import Schema
    from easy_mlops.inference.sklearn_engine import SklearnEngine
    from easy_mlops.preprocessing import DataPreprocessor

    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": ["x", "y", "x"]})
    preprocessor = DataPreprocessor()
    matrix, _ = preprocessor.prepare_data(frame)
    model = LogisticRegression().fit(matrix, [0, 1, 0])
    schema = Schema.from_metadata(preprocessor.schema_)
    assert SklearnEngine(model, preprocessor, schema).predict([(1.0, "x")]).predictions
    with pytest.raises(ValueError, match="other columns"):
        SklearnEngine(model, preprocessor, Schema(schema.columns[::-1]))


def test_a_model_of_a_prepared_matrix_without_its_preprocessor_is_refused(tmp_path: Path) -> None:
    """It would take the bare columns without a word, and answer wrongly."""
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0]})
    write_deployment(tmp_path / "d", LogisticRegression().fit(frame.to_numpy(), [0, 1, 0, 1]), frame)
    with pytest.raises(LoadError, match="no preprocessor"):
        load(tmp_path / "d", digest=None, name="m")


@pytest.mark.parametrize("kind", [RandomForestClassifier, ExtraTreesClassifier])
def test_the_class_of_the_highest_probability_is_the_prediction_of_a_forest(kind: Any, tmp_path: Path) -> None:
    """What the engine relies on to call a forest once; ties included: two trees disagree often."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(300, 3)).round(1), columns=["a", "b", "c"])
    model = kind(2, random_state=0).fit(frame, random.integers(0, 3, 300))
    write_deployment(tmp_path / "d", model, frame)
    engine = load(tmp_path / "d", digest=None, name="m").engine
    rows = [tuple(row) for row in random.normal(size=(2000, 3)).round(1).tolist()]
    own = model.predict(pd.DataFrame(rows, columns=frame.columns))
    assert engine.predict(rows).predictions == own.tolist()


def test_several_targets_are_answered_with_a_list_a_row(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0]})
    model = LinearRegression().fit(frame, np.array([[1, 2], [2, 4], [3, 6], [4, 8]]))
    write_deployment(tmp_path / "d", model, frame)
    loaded = load(tmp_path / "d", digest=None, name="m")
    assert loaded.engine.predict([(2.0,)]).predictions[0] == pytest.approx([2.0, 4.0])


def test_a_model_uses_one_thread_for_a_batch(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0]})
    model = RandomForestRegressor(3, n_jobs=-1).fit(frame, [1, 2, 3, 4])
    write_deployment(tmp_path / "d", model, frame)
    engine: Any = load(tmp_path / "d", digest=None, name="m").engine
    assert engine._model.n_jobs == 1
