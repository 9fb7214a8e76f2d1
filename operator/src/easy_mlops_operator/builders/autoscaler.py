"""The autoscaler of the scoring pods."""

from __future__ import annotations

from typing import Any

from easy_mlops_operator.api.names import deployment_name
from easy_mlops_operator.api.spec import AutoscalingSection
from easy_mlops_operator.builders.parent import Parent


def build_autoscaler(parent: Parent, autoscaling: AutoscalingSection) -> dict[str, Any]:
    """The HorizontalPodAutoscaler. It scales the Deployment: only users write the spec of a ModelDeployment."""
    target = {"type": "Utilization", "averageUtilization": autoscaling.target_cpu_utilization_percentage}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": parent.metadata(deployment_name(parent.name), "serving"),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment_name(parent.name)},
            "minReplicas": autoscaling.min_replicas,
            "maxReplicas": autoscaling.max_replicas,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }
