"""Which images a spec may have run."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from easy_mlops_operator.api.spec import ModelDeploymentSpec, Problem
from easy_mlops_operator.reconcile.model import Settings


def image_problems(spec: ModelDeploymentSpec, settings: Settings) -> Iterator[Problem]:
    """The image that the installation does not allow; those that it runs by itself are its own choice."""
    image, allowed = spec.pipeline.image, settings.allowed_images
    if image is None or not allowed or image == settings.runtime_image:
        return
    if not any(fnmatchcase(image, pattern) for pattern in allowed):
        words = f"is not allowed in this cluster: {image!r}; allowed are {', '.join(allowed)}"
        yield Problem("spec.pipeline.image", "InvalidValue", words)
