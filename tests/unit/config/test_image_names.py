"""Names of images are checked before a pod waits for one that no registry can have."""

from __future__ import annotations

import pytest
from easy_mlops.config import ModelDeploymentSpec, check_spec
from easy_mlops.config.check.cluster import Cluster


def problems(image: str, cluster: Cluster | None = None) -> list[tuple[str, str]]:
    spec = ModelDeploymentSpec.parse({"data": {"uri": "sklearn://wine"}, "pipeline": {"image": image}})
    return [(problem.path, problem.message) for problem in check_spec(spec, cluster=cluster)]


@pytest.mark.parametrize(
    "image",
    [
        "python",
        "mine:1",
        "a/b/c:v1.2_3-x",
        "registry.example.com/team/name",
        "localhost:5000/name:tag",
        "REGISTRY.example.com/name",
        "[2001:db8::1]:5000/name",
        "name@sha256:" + "0" * 64,
        "registry.example.com:443/a__b/c--d/e.f:tag@sha256:" + "a" * 64,
    ],
)
def test_a_name_that_a_registry_can_have_is_valid(image: str) -> None:
    assert problems(image) == []


@pytest.mark.parametrize(
    "image",
    [
        "Mine",
        "a b",
        "a:",
        ":1",
        "a/",
        "/a",
        "a//b",
        "a:b:c",
        "a@sha256:12",
        "https://example.com/a",
        "a:-x",
        "a\n",
        "ä",
    ],
)
def test_any_other_name_is_refused_with_an_example(image: str) -> None:
    ((path, message),) = problems(image)
    assert path == "spec.pipeline.image"
    assert message == f"must be an image such as registry.example.com/team/name:tag, got {image!r}"


def test_which_images_are_allowed_depends_on_the_cluster() -> None:
    cluster = Cluster(allowed_images=("registry.example.com/*",), runtime_image="runtime:1")
    assert problems("registry.example.com/a", cluster) == []
    assert problems("runtime:1", cluster) == []
    ((_, message),) = problems("other:1", cluster)
    assert message == "is not allowed in this cluster: 'other:1'; allowed are registry.example.com/*"
    assert problems("other:1") == []
