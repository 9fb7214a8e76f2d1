"""The cluster that a spec is checked for, as far as installations differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cluster:
    """A cluster.

    `allowed_images` are patterns of the images that a spec may use; if empty, all are allowed. `runtime_image`, the
    default image of pipelines, is always allowed.
    """

    allowed_images: tuple[str, ...] = ()
    runtime_image: str = ""
