"""The disruption budget of the scoring pods."""

from __future__ import annotations

from typing import Any

from easy_mlops_operator.api.labels import selector_labels
from easy_mlops_operator.api.names import deployment_name
from easy_mlops_operator.builders.parent import Parent


def build_budget(parent: Parent) -> dict[str, Any]:
    """The PodDisruptionBudget: at most one pod is evicted at a time; pods that are not ready can always be."""
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
