"""The disruption budget of the scoring pods."""

from __future__ import annotations

from typing import Any

from easy_mlops_operator.api.labels import selector_labels
from easy_mlops_operator.api.names import deployment_name
from easy_mlops_operator.builders.parent import Parent


def build_budget(parent: Parent) -> dict[str, Any]:
    """The PodDisruptionBudget: one pod at a time is evicted; one that is not ready protects nobody."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": parent.metadata(deployment_name(parent.name), "serving"),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": selector_labels(parent.name)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
