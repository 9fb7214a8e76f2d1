"""`make-mlops-easy prune`."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from easy_mlops.cli.main import main


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "SHA256SUMS").write_text(name)
    return tmp_path


def argument(name: str, of: str | None = None) -> str:
    return f"{name}={hashlib.sha256((of or name).encode()).hexdigest()}"


def test_each_directory_is_reported(volume: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prune", "--volume", str(volume), argument("one"), argument("three")]) == 0
    assert capsys.readouterr().out == "one: removed\nthree: does not exist\n"
    assert [path.name for path in volume.iterdir()] == ["two"]


def test_a_refused_directory_does_not_stop_the_others_and_is_reported_to_the_operator(
    volume: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = tmp_path_factory.mktemp("pod") / "termination-log"
    monkeypatch.setenv("EASY_MLOPS_TERMINATION_LOG", str(message))
    assert main(["prune", "--volume", str(volume), argument("one", of="two"), argument("two")]) == 1
    assert [path.name for path in volume.iterdir()] == ["one"]
    assert message.read_text().startswith("one is another deployment")


def test_a_directory_without_a_digest_is_refused(volume: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prune", "--volume", str(volume), "one"]) == 1
    assert "'' is not a SHA-256" in capsys.readouterr().err


def test_a_missing_volume_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prune", "--volume", str(tmp_path / "none"), argument("one")]) == 1
    assert "No such file or directory" in capsys.readouterr().err
