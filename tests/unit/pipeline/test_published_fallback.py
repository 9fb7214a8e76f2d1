"""The fallback: the newest deployment that a run of the model published and that verifies and loads."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deployments import write_deployment
from easy_mlops.contract import TERMINATION_LIMIT, RunResult
from easy_mlops.deployment.deployer import write_sums
from easy_mlops.pipeline.fallback import find_fallback
from sklearn.dummy import DummyClassifier

ROWS = pd.DataFrame({"tenure": [1.0, 2.0, 3.0]})
MODEL = DummyClassifier().fit(ROWS, [0, 1, 1])


def publish(volume: Path, name: str, run: str = "churn-0123456789-0f0e0d0c", day: int = 1, **metadata: Any) -> str:
    """A directory that a run published on a day of November; returns its digest."""
    facts = {
        "run_id": run,
        "deployment_time": f"2026-11-{day:02}T10:00:00Z",
        "training_results": {"model_type": "dummy", "metrics": {"accuracy": 0.9, "roc_auc": None}},
        **metadata,
    }
    return write_deployment(volume / "models" / name, MODEL, ROWS, model_version=f"1.{day}", metadata=facts)


def search(volume: Path, **options: Any) -> RunResult:
    return find_fallback("churn", **{"volume": volume, "output_dir": "models", "digests": {}, **options})


def looked_at(result: RunResult) -> list[tuple[str, str]]:
    return [(step.name, step.state) for step in result.steps]


def test_the_newest_deployment_is_found_with_the_result_of_its_run(tmp_path: Path) -> None:
    publish(tmp_path, "z", day=1)
    digest = publish(tmp_path, "a", run="churn-abcdef0123-11112222", day=2)
    found = search(tmp_path)
    assert (found.ok, found.run_id, found.directory) == (True, "churn-abcdef0123-11112222", "models/a")
    assert (found.digest, found.model_version, found.model_type) == (digest, "1.2", "dummy")
    assert found.metrics == {"accuracy": 0.9}
    assert looked_at(found) == [("models/a", "Succeeded")]
    assert RunResult.decode(found.encode()) == found


def test_a_run_and_the_search_for_it_have_the_same_result(runner: Any, tmp_path: Path) -> None:
    made = runner({"data": {"uri": "sklearn://wine"}}, run_id="churn-0123456789-0f0e0d0c")
    found = search(tmp_path)
    assert RunResult(**{**vars(found), "steps": made.steps}) == made


@pytest.mark.parametrize(
    "run",
    [
        "other-0123456789-0f0e0d0c",
        "churn-web-0123456789-0f0e0d0c",
        "churn-0123456789",
        "churn-0123456789-0f0e0d0c-0f0e0d0c",
        "CHURN-0123456789-0f0e0d0c",
        "",
        None,
    ],
)
def test_deployments_of_other_models_are_not_tried(tmp_path: Path, run: Any) -> None:
    publish(tmp_path, "foreign", run=run)
    found = search(tmp_path)
    assert not found.ok
    assert found.steps == ()
    assert found.failure is not None
    assert found.failure.message == "there is no deployment of 'churn'"


def damage(directory: Path) -> None:
    (directory / "model.joblib").write_bytes(b"changed")


def lose_a_file(directory: Path) -> None:
    (directory / "model.joblib").unlink()


def put_another_in_its_place(directory: Path) -> None:
    """Valid checksums, but no model."""
    damage(directory)
    write_sums(directory)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (damage, "was changed"),
        (lose_a_file, "is missing"),
        (put_another_in_its_place, "cannot be loaded"),
    ],
)
def test_a_deployment_that_fails_is_skipped_and_reported(tmp_path: Path, harm: Any, words: str) -> None:
    publish(tmp_path, "old", day=1)
    publish(tmp_path, "new", day=2)
    harm(tmp_path / "models/new")
    found = search(tmp_path)
    assert found.directory == "models/old"
    assert looked_at(found) == [("models/new", "Failed"), ("models/old", "Succeeded")]
    assert words in found.steps[0].message


def test_each_deployment_is_loaded_with_its_own_plugins(tmp_path: Path) -> None:
    for day, name in ((1, "old"), (2, "new")):
        publish(tmp_path, name, day=day)
        directory = tmp_path / "models" / name
        (directory / "plugins").mkdir()
        (directory / "plugins/steps_of_mine.py").write_text(f"STATE = {day}")
        (directory / "config.yaml").write_text("plugins: [{module: steps_of_mine}]")
        write_sums(directory)
    assert search(tmp_path).directory == "models/new"
    put_another_in_its_place(tmp_path / "models/new")
    assert search(tmp_path).directory == "models/old"


def test_a_deployment_of_another_scikit_learn_is_skipped_unless_allowed(tmp_path: Path) -> None:
    publish(tmp_path, "old", day=1)
    publish(tmp_path, "new", day=2, versions={"scikit-learn": "0.1.0"})
    found = search(tmp_path)
    assert found.directory == "models/old"
    assert "scikit-learn 0.1.0" in found.steps[0].message
    assert search(tmp_path, allow_version_mismatch=True).directory == "models/new"


def test_unpublished_directories_are_not_tried(tmp_path: Path) -> None:
    models = tmp_path / "models"
    publish(tmp_path, ".deployment_1.building", day=3)
    publish(tmp_path, "bare", day=4)
    (models / "bare/SHA256SUMS").unlink()
    publish(tmp_path, "../elsewhere", day=5)
    (models / "link").symlink_to(tmp_path / "elsewhere")
    assert search(tmp_path).steps == ()


def test_if_all_fail_the_newest_is_reported(tmp_path: Path) -> None:
    for day in (1, 2):
        publish(tmp_path, f"d{day}", day=day)
        damage(tmp_path / f"models/d{day}")
    found = search(tmp_path)
    assert found.failure is not None
    assert (found.ok, found.directory, found.failure.location) == (False, "", "models")
    assert found.failure.message.startswith(
        "none of the 2 deployments of 'churn' can be served; the newest, models/d2: "
    )


def test_a_missing_folder_has_no_deployments(tmp_path: Path) -> None:
    assert search(tmp_path).failure is not None


def test_a_directory_with_a_digest_is_verified_but_not_loaded(tmp_path: Path) -> None:
    """Another image may be able to load it."""
    digest = publish(tmp_path, "../kept/new", day=2, versions={"scikit-learn": "0.1.0"})
    publish(tmp_path, "old", day=1)
    assert search(tmp_path, digests={"kept/new": digest}).directory == "kept/new"
    assert search(tmp_path, digests={"kept/new": "0" * 64}).directory == "models/old"
    damage(tmp_path / "kept/new")
    assert search(tmp_path, digests={"kept/new": digest}).directory == "models/old"


def test_the_neighbours_of_a_directory_with_a_digest_are_not_tried(tmp_path: Path) -> None:
    digest = publish(tmp_path, "../kept/named", day=1)
    publish(tmp_path, "../kept/other", day=2)
    found = search(tmp_path, digests={"kept/named": digest, "kept/gone": digest})
    assert looked_at(found) == [("kept/named", "Succeeded")]


def test_the_result_fits_into_a_message_however_many_deployments_fail(tmp_path: Path) -> None:
    publish(tmp_path, "good", day=1)
    publish(tmp_path, "bad", day=2)
    damage(tmp_path / "models/bad")
    for number in range(60):
        shutil.copytree(tmp_path / "models/bad", tmp_path / f"models/bad-{number:03}")
    message = search(tmp_path).encode()
    assert len(message.encode()) <= TERMINATION_LIMIT
    assert RunResult.decode(message).directory == "models/good"
