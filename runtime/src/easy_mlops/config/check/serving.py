"""Rules for `serving`."""

from __future__ import annotations

from collections.abc import Iterator

from easy_mlops.config.check.quantities import check_resources
from easy_mlops.config.errors import Problem
from easy_mlops.config.resource import ServingSection


def check_serving(section: ServingSection, where: str) -> Iterator[Problem]:
    """The number of pods has one source, the minimum does not exceed the maximum, and no request exceeds its limit."""
    yield from check_resources(section.resources, f"{where}.resources")
    autoscaling = section.autoscaling
    if autoscaling is None:
        return
    if section.replicas is not None:
        message = "excludes replicas: the autoscaler sets the number of pods"
        yield Problem(f"{where}.autoscaling", "ConflictingKeys", message)
    if autoscaling.min_replicas > autoscaling.max_replicas:
        message = f"must not be more than maxReplicas ({autoscaling.max_replicas}), got {autoscaling.min_replicas}"
        yield Problem(f"{where}.autoscaling.minReplicas", "InvalidValue", message)
