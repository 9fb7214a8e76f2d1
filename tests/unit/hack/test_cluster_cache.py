"""Artifacts are built once for the same inputs, are complete or absent, and runs are serialized."""

import subprocess
import sys
from pathlib import Path

import pytest
from cluster.cache import Cache, digest, mounts_below, write
from hypothesis import given
from hypothesis import strategies as st

HACK = Path(__file__).resolve().parents[3] / "hack"


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "a cache")


@given(st.lists(st.text()), st.lists(st.text()))
def test_different_inputs_have_different_keys(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)


def test_a_key_follows_the_contents_and_names_of_files_not_their_place(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name / "go.mod", "module m\n")
    key = digest(tmp_path / "one")
    assert digest(tmp_path / "two") == key
    write(tmp_path / "two" / "go.mod", "module n\n")
    assert digest(tmp_path / "two") != key
    (tmp_path / "one" / "go.mod").rename(tmp_path / "one" / "go.sum")
    assert digest(tmp_path / "one") != key


def test_an_artifact_is_built_once(cache: Cache) -> None:
    key, builds = digest("inputs"), []

    def build(folder: Path) -> None:
        builds.append(folder)
        write(folder / "program", "made")

    first, second = cache.ensure("thing", key, build), cache.ensure("thing", key, build)
    assert first == second
    assert (second / "program").read_text() == "made"
    assert len(builds) == 1


def test_an_artifact_of_other_inputs_replaces_the_old_one(cache: Cache) -> None:
    old = cache.ensure("thing", digest("old"), lambda folder: write(folder / "f", "old"))
    namesake = cache.ensure("thing-else", digest("old"), lambda folder: write(folder / "f", "else"))
    new = cache.ensure("thing", digest("new"), lambda folder: write(folder / "f", "new"))
    assert new.exists()
    assert namesake.exists()
    assert not old.exists()


def test_a_build_that_fails_leaves_no_artifact(cache: Cache) -> None:
    def fail(folder: Path) -> None:
        write(folder / "half", "half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        cache.ensure("thing", digest("inputs"), fail)
    assert not cache.path("thing", digest("inputs")).exists()


def test_the_next_run_removes_the_scratch_files_of_a_killed_one(cache: Cache) -> None:
    write(cache.scratch / "half" / "file", "half")
    with cache.locked():
        assert not cache.scratch.exists()


def test_the_lock_ends_with_the_process_that_holds_it(cache: Cache) -> None:
    hold = (
        "import sys; from pathlib import Path; from cluster.cache import Cache\n"
        "with Cache(Path(sys.argv[1])).locked(): print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(cache.root)], cwd=HACK, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    holder.kill()
    holder.communicate()
    with cache.locked():
        assert (cache.root / "lock").read_text() != f"{holder.pid}\n"


def test_a_program_on_the_path_is_replaced_in_one_step(cache: Cache, tmp_path: Path) -> None:
    for version in ("1", "2"):
        write(tmp_path / version / "kind", version)
        assert cache.link(tmp_path / version / "kind").read_text() == version
    assert [path.name for path in cache.bin.iterdir()] == ["kind"]


def test_mount_points_below_a_folder_come_deepest_first() -> None:
    mounts = "proc /proc proc rw 0 0\no /c\\040d/docker o rw 0 0\np /c\\040d/docker/x/proc p rw 0 0\nq /c q rw 0 0\n"
    assert mounts_below(Path("/c d"), mounts) == [Path("/c d/docker/x/proc"), Path("/c d/docker")]


def test_the_cache_is_in_the_folder_of_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x y"))
    assert Cache.of_user().root == tmp_path / "x y" / "make-mlops-easy" / "cluster"
