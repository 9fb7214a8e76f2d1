"""Exactly the directory that is meant goes; nothing else is touched, whatever has been put in its way."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from easy_mlops.deployment.prune import PruneError, prune


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """A volume with two deployments, each with a link that leads out of it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("data")
    root = tmp_path / "volume"
    for name in ("one", "two"):
        directory = root / "models" / name
        (directory / "logs").mkdir(parents=True)
        (directory / "SHA256SUMS").write_text(name)
        (directory / "logs" / "metrics.csv").write_text("a")
        (directory / "link").symlink_to(outside)
    return root


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_a_directory_goes_with_its_logs_and_others_stay(volume: Path) -> None:
    before = {path for path in files(volume.parent) if "models/one" not in path}
    assert prune(volume, "models/one", digest("one"))
    assert files(volume.parent) == before


def test_what_is_gone_already_is_no_failure(volume: Path) -> None:
    assert not prune(volume, "models/three", digest("three"))
    assert not prune(volume, "nowhere/at/all", digest("three"))


def test_what_a_killed_attempt_left_goes_too(volume: Path) -> None:
    (volume / "models" / "one").rename(volume / "models" / ".one.pruning")
    assert prune(volume, "models/one", digest("one"))
    assert [path.name for path in (volume / "models").iterdir()] == ["two"]


@pytest.mark.parametrize("place", ["/etc", "../outside", "models/../../outside", "", ".", "models/one/../../.."])
def test_a_place_outside_the_volume_is_refused(volume: Path, place: str) -> None:
    before = files(volume.parent)
    with pytest.raises(PruneError, match="is not a path inside the volume"):
        prune(volume, place, digest("one"))
    assert files(volume.parent) == before


@pytest.mark.parametrize("wrong", ["", "short", "z" * 64, digest("two"), digest("one").upper()])
def test_another_digest_is_refused(volume: Path, wrong: str) -> None:
    before = files(volume.parent)
    with pytest.raises(PruneError, match="models/one"):
        prune(volume, "models/one", wrong)
    assert files(volume.parent) == before


def test_a_directory_that_is_no_deployment_is_refused(volume: Path) -> None:
    with pytest.raises(PruneError, match="has the digest none"):
        prune(volume, "models", digest("one"))
    (volume / "models" / "one" / "SHA256SUMS").unlink()
    (volume / "models" / "one" / "SHA256SUMS").symlink_to(volume / "models" / "two" / "SHA256SUMS")
    with pytest.raises(PruneError, match="has the digest none"):
        prune(volume, "models/one", digest("two"))


@pytest.mark.parametrize("place", ["link", "link/one", "file", "file/one"])
def test_a_link_or_a_file_on_the_way_is_refused(volume: Path, place: str) -> None:
    (volume / "link").symlink_to(volume / "models")
    (volume / "file").write_text("")
    before = files(volume.parent)
    with pytest.raises(PruneError, match="is a link or a file"):
        prune(volume, place, digest("one"))
    assert files(volume.parent) == before


def test_a_link_in_place_of_the_remains_is_not_followed(volume: Path) -> None:
    (volume / "models" / ".one.pruning").symlink_to(volume / "models" / "two")
    with pytest.raises(PruneError, match=r"\.one\.pruning is a link"):
        prune(volume, "models/one", digest("one"))
    assert (volume / "models" / "two" / "SHA256SUMS").exists()
