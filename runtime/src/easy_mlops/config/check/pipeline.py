"""Rules for `pipeline`: the image, the plugins and the resources of the Job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final

from easy_mlops.config.check.cluster import Cluster
from easy_mlops.config.check.quantities import check_resources
from easy_mlops.config.errors import Problem
from easy_mlops.config.resource import ConfigMapPlugin, PipelineSection

_HOST: Final = (
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])"
)
_PART: Final = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE: Final = re.compile(
    rf"(?:{_HOST}(?::[0-9]+)?/)?{_PART}(?:/{_PART})*(?::\w[\w.-]{{0,127}})?"
    r"(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?",
    re.ASCII,
)
"""The grammar of image references (github.com/distribution/reference)."""


def check_pipeline(section: PipelineSection, where: str, cluster: Cluster | None) -> Iterator[Problem]:
    """The image name is valid and allowed, each module has one source, and no request exceeds its limit."""
    if section.image is not None:
        yield from _check_image(section.image, f"{where}.image", cluster or Cluster())
    yield from _check_plugins(section.plugins, f"{where}.plugins")
    yield from check_resources(section.resources, f"{where}.resources")


def _check_image(image: str, where: str, cluster: Cluster) -> Iterator[Problem]:
    if not _IMAGE.fullmatch(image):
        yield Problem(
            where, "InvalidValue", f"must be an image such as registry.example.com/team/name:tag, got {image!r}"
        )
        return
    if not cluster.allowed_images or image == cluster.runtime_image:
        return
    if not any(fnmatchcase(image, pattern) for pattern in cluster.allowed_images):
        message = f"is not allowed in this cluster: {image!r}; allowed are {', '.join(cluster.allowed_images)}"
        yield Problem(where, "InvalidValue", message)


def _check_plugins(plugins: Sequence[ConfigMapPlugin], where: str) -> Iterator[Problem]:
    sources: dict[str, tuple[int, tuple[str, str]]] = {}
    for index, plugin in enumerate(plugins):
        module, source = plugin.as_plugin().module_name, (plugin.config_map, plugin.sha256)
        first, expected = sources.setdefault(module, (index, source))
        if source != expected:
            message = f"module {module!r} has another ConfigMap or another sha256 in plugins[{first}]"
            yield Problem(f"{where}[{index}]", "ConflictingKeys", message)
