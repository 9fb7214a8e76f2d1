"""Loading: verified before anything is unpickled, wherever the directory is mounted."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from easy_mlops.deployment import IntegrityError, ModelDeployer, load_directory
from easy_mlops.deployment.deployer import write_sums
from easy_mlops.deployment.verified import read_metadata, verify_directory


class Alarm:
    """Unpickling this makes a file, so a test sees whether anything was unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mknod, (self.path,))


def deployed(trainer: Any, results: dict[str, Any], **config: Any) -> Path:
    deployer = ModelDeployer(config)
    return Path(deployer.deploy(trainer, {"fitted": True}, results)["deployment_dir"])


def refused(directory: Path, **options: Any) -> tuple[str, str]:
    with pytest.raises(IntegrityError) as caught:
        load_directory(directory, **options)
    return caught.value.reason, str(caught.value)


def test_loading_gives_back_what_was_saved(trainer: Any, results: dict[str, Any]) -> None:
    deployer = ModelDeployer({"version": "2.1.0"})
    directory = deployer.deploy(trainer, {"fitted": True}, results)["deployment_dir"]
    loaded = load_directory(directory, expected_digest=deployer.deployment_info["digest"])
    assert loaded.model == 1.5
    assert loaded.model_data["model_type"] == "constant"
    assert loaded.preprocessor == {"fitted": True}
    assert loaded.metadata["version"] == "2.1.0"
    assert loaded.digest == deployer.deployment_info["digest"]
    model_data, preprocessor, metadata = deployer.load_deployed_model(directory)
    assert (model_data["model"], preprocessor, metadata["version"]) == (1.5, {"fitted": True}, "2.1.0")


def test_a_moved_directory_loads_from_where_it_is(trainer: Any, results: dict[str, Any], tmp_path: Path) -> None:
    moved = deployed(trainer, results).rename(tmp_path / "elsewhere")
    assert load_directory(moved).model == 1.5


def test_names_of_the_user_are_found(trainer: Any, results: dict[str, Any]) -> None:
    steps = [
        "create_directory",
        {"type": "save_model", "params": {"filename": "m.bin"}},
        {"type": "save_preprocessor", "params": {"filename": "p.bin"}},
        {"type": "save_metadata", "params": {"filename": "detailed_metadata.json"}},
    ]
    loaded = load_directory(deployed(trainer, results, steps=steps))
    assert (loaded.model, loaded.preprocessor) == (1.5, {"fitted": True})
    assert loaded.metadata["status"] == "deployed"


def test_without_save_metadata_the_metadata_is_empty_and_the_model_found(trainer: Any, results: dict[str, Any]) -> None:
    steps = ["create_directory", {"type": "save_model", "params": {"filename": "m.bin"}}]
    loaded = load_directory(deployed(trainer, results, steps=steps))
    assert (loaded.model, loaded.preprocessor, loaded.metadata) == (1.5, None, {})


def test_without_save_preprocessor_it_is_none(trainer: Any, results: dict[str, Any]) -> None:
    loaded = load_directory(deployed(trainer, results, steps=["create_directory", "save_model", "save_metadata"]))
    assert loaded.preprocessor is None
    assert loaded.metadata["preprocessor_path"] is None


@pytest.mark.parametrize("name", ["model.joblib", "preprocessor.joblib", "metadata.json", "config.yaml", "predict.py"])
def test_a_changed_file_is_refused_by_name_before_unpickling(
    trainer: Any, results: dict[str, Any], tmp_path: Path, name: str
) -> None:
    trainer.model = Alarm(tmp_path / "unpickled")
    directory = deployed(trainer, results, create_endpoint=True)
    with (directory / name).open("ab") as stream:
        stream.write(b" ")
    reason, message = refused(directory)
    assert reason == "DigestMismatch"
    assert name in message
    assert not (tmp_path / "unpickled").exists()


def test_a_missing_file_is_refused_by_name(trainer: Any, results: dict[str, Any]) -> None:
    directory = deployed(trainer, results)
    (directory / "preprocessor.joblib").unlink()
    reason, message = refused(directory)
    assert reason == "DigestMismatch"
    assert "preprocessor.joblib is missing" in message


def test_a_file_that_nothing_vouches_for_is_never_loaded(trainer: Any, results: dict[str, Any], tmp_path: Path) -> None:
    directory = deployed(trainer, results)
    sums = directory / "SHA256SUMS"
    sums.write_text("".join(line for line in sums.read_text().splitlines(True) if "model.joblib" not in line))
    reason, message = refused(directory)
    assert reason == "DigestMismatch"
    assert "model.joblib is not listed" in message


def test_another_digest_is_refused_before_any_file_is_read(
    trainer: Any, results: dict[str, Any], tmp_path: Path
) -> None:
    trainer.model = Alarm(tmp_path / "unpickled")
    reason, message = refused(deployed(trainer, results), expected_digest="0" * 64)
    assert reason == "DigestMismatch"
    assert "0" * 64 in message
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"nonsense\n",
        b"\xff\n",
        b"%s  ../up\n" % (b"0" * 64),
        b"%s  /etc/passwd\n" % (b"0" * 64),
        b"%s  a\n%s  a\n" % (b"0" * 64, b"1" * 64),
    ],
)
def test_sums_that_are_none_are_refused(trainer: Any, results: dict[str, Any], content: bytes) -> None:
    directory = deployed(trainer, results)
    (directory / "SHA256SUMS").write_bytes(content)
    assert refused(directory)[0] == "DigestMismatch"


def test_a_directory_without_sums_loads_only_when_that_is_allowed(trainer: Any, results: dict[str, Any]) -> None:
    directory = deployed(trainer, results)
    (directory / "SHA256SUMS").unlink()
    assert refused(directory)[0] == "DigestMismatch"
    assert load_directory(directory, allow_unverified=True).model == 1.5
    assert refused(directory, allow_unverified=True, expected_digest="0" * 64)[0] == "DigestMismatch"


def test_allowing_the_unverified_does_not_excuse_a_mismatch(trainer: Any, results: dict[str, Any]) -> None:
    directory = deployed(trainer, results)
    (directory / "model.joblib").write_bytes(b"changed")
    assert refused(directory, allow_unverified=True)[0] == "DigestMismatch"


def test_a_directory_of_release_0_4_is_found_by_the_paths_in_its_metadata(
    trainer: Any, results: dict[str, Any], tmp_path: Path
) -> None:
    old = tmp_path / "old"
    old.mkdir()
    trainer.save_model(str(old / "m.joblib"))
    (old / "metadata.json").write_text(json.dumps({"model_path": "models/d_1/m.joblib", "preprocessor_path": None}))
    loaded = load_directory(old, allow_unverified=True)
    assert (loaded.model, loaded.preprocessor) == (1.5, None)


def test_another_minor_version_of_scikit_learn_is_refused_before_unpickling(
    trainer: Any, results: dict[str, Any], tmp_path: Path
) -> None:
    trainer.model = Alarm(tmp_path / "unpickled")
    directory = deployed(trainer, results)
    metadata = json.loads((directory / "metadata.json").read_text())
    metadata["versions"]["scikit-learn"] = "0.1.2"
    (directory / "metadata.json").write_text(json.dumps(metadata))
    write_sums(directory)
    reason, message = refused(directory)
    assert reason == "VersionMismatch"
    assert "0.1.2" in message
    assert not (tmp_path / "unpickled").exists()
    load_directory(directory, allow_version_mismatch=True)
    assert (tmp_path / "unpickled").exists()


def test_what_cannot_be_unpickled_or_is_no_model_is_load_failed(
    trainer: Any, results: dict[str, Any], tmp_path: Path
) -> None:
    directory = deployed(trainer, results)
    (directory / "model.joblib").write_bytes(b"not a pickle")
    write_sums(directory)
    assert refused(directory)[0] == "LoadFailed"
    assert refused(tmp_path / "nowhere")[0] == "LoadFailed"


def test_logs_may_grow_and_notes_may_lie_beside(trainer: Any, results: dict[str, Any]) -> None:
    directory = deployed(trainer, results)
    (directory / "logs" / "more.jsonl").write_text("{}\n")
    (directory / "notes.txt").write_text("mine")
    assert load_directory(directory).model == 1.5
    assert verify_directory(directory) == load_directory(directory).digest


def test_metadata_is_read_without_unpickling_or_verifying(
    trainer: Any, results: dict[str, Any], tmp_path: Path
) -> None:
    trainer.model = Alarm(tmp_path / "unpickled")
    directory = deployed(trainer, results, metadata_filename="manifest.json")
    (directory / "model.joblib").unlink()
    assert read_metadata(directory)["status"] == "deployed"
    assert not (tmp_path / "unpickled").exists()


def test_a_copy_on_a_read_only_volume_loads(trainer: Any, results: dict[str, Any], tmp_path: Path) -> None:
    copy = shutil.copytree(deployed(trainer, results), tmp_path / "copy")
    for path in copy.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    copy.chmod(0o555)
    assert load_directory(copy).model == 1.5
