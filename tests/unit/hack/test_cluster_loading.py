"""Only images that a node does not have under this name and with these contents are loaded."""

from typing import Any

import pytest
from cluster.loading import missing, unpacked

ID = "sha256:" + "1" * 64
OTHER = "sha256:" + "2" * 64


def listed(tag: str, identity: str = ID) -> Any:
    return {"id": identity, "repoTags": [tag]}


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("app", "docker.io/library/app:latest"),
        ("app:1", "docker.io/library/app:1"),
        ("team/app:1", "docker.io/team/app:1"),
        ("localhost/app:1", "localhost/app:1"),
        ("registry.test:5000/app", "registry.test:5000/app:latest"),
    ],
)
def test_a_short_name_is_found_under_its_full_one(name: str, tag: str) -> None:
    assert missing({name: ID}, [listed(tag)]) == []


def test_the_same_name_with_other_contents_is_loaded_again() -> None:
    assert missing({"app:1": ID}, [listed("docker.io/library/app:1", OTHER)]) == ["app:1"]


def test_the_same_contents_under_another_name_are_loaded() -> None:
    assert missing({"app:2": ID}, [listed("docker.io/library/app:1")]) == ["app:2"]


def test_images_without_a_name_are_passed_over() -> None:
    assert missing({"app:1": ID}, [{"id": ID, "repoTags": None}, {"id": OTHER}]) == ["app:1"]


def test_only_complete_snapshots_count_as_layers_that_are_there() -> None:
    listing = f"KEY PARENT KIND\n{ID}    Committed\n{OTHER} {ID} Committed\n0a1b {OTHER} Active\n"
    assert unpacked(listing) == {ID, OTHER}
