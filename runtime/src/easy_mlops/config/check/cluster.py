"""What a cluster asks of a spec beyond what a laptop does, as far as it differs between installations."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cluster:
    """A cluster that a spec is checked for.

    `allowed_images` are patterns of images that a spec may name, all images when there is none; `runtime_image`, with
    which the operator runs pipelines by default, is always allowed.
    """

    allowed_images: tuple[str, ...] = ()
    runtime_image: str = ""
