"""Rules between the fields of `serving`."""

from __future__ import annotations

from easy_mlops.config.errors import Problem
from easy_mlops.config.resource import ServingSection


def check_serving(section: ServingSection, where: str) -> list[Problem]:
    """Two who set the number of pods, or bounds that leave no number between them."""
    autoscaling = section.autoscaling
    if autoscaling is None:
        return []
    problems = []
    if section.replicas is not None:
        message = "excludes replicas: the autoscaler sets the number of pods"
        problems.append(Problem(f"{where}.autoscaling", "ConflictingKeys", message))
    if autoscaling.min_replicas > autoscaling.max_replicas:
        message = f"may not be more than maxReplicas ({autoscaling.max_replicas}), got {autoscaling.min_replicas}"
        problems.append(Problem(f"{where}.autoscaling.minReplicas", "InvalidValue", message))
    return problems
