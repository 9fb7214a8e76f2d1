"""An installation may say which images a spec can name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from model_cluster import IMAGE, SETTINGS, ModelCluster, model_deployment

ONLY_OURS = replace(SETTINGS, allowed_images=("registry.example.com/ml/*", "ghcr.io/team/train:?"))


def cluster(image: str | None) -> ModelCluster:
    pipeline = {} if image is None else {"image": image}
    made = ModelCluster(model_deployment(pipeline=pipeline), settings=ONLY_OURS)
    made.settle()
    return made


@pytest.mark.parametrize("image", ["registry.example.com/ml/a/b:1", "ghcr.io/team/train:2", IMAGE, None])
def test_an_allowed_image_and_the_installations_own_are_run(image: str | None) -> None:
    assert cluster(image).all("Job")


@pytest.mark.parametrize(
    "image", ["evil.example.com/registry.example.com/ml/x", "ghcr.io/team/train:22", "REGISTRY.example.com/ml/x", "x"]
)
def test_any_other_image_is_refused_by_name(image: str) -> None:
    refused = cluster(image)
    condition = refused.condition("SpecAccepted")
    assert (condition["status"], condition["reason"]) == ("False", "InvalidValue")
    assert condition["message"] == (
        f"spec.pipeline.image: is not allowed in this cluster: {image!r}; "
        "allowed are registry.example.com/ml/*, ghcr.io/team/train:?"
    )
    assert refused.condition("Stalled")["status"] == "True"
    assert not refused.all("Job")


def test_what_serves_keeps_serving_when_its_image_is_not_allowed_any_more() -> None:
    serving = ModelCluster(model_deployment(pipeline={"image": "custom:1"}))
    serving.train()
    serving.settings = ONLY_OURS
    serving.settle()
    assert serving.condition("Serving")["status"] == "True"
    assert serving.condition("SpecAccepted")["status"] == "False"
