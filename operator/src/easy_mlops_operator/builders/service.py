"""The Service in front of the scoring pods."""

from __future__ import annotations

from typing import Any

from easy_mlops_operator.api.labels import selector_labels
from easy_mlops_operator.api.names import service_name
from easy_mlops_operator.builders.deployment import PORT
from easy_mlops_operator.builders.parent import Parent


def build_service(parent: Parent, port: int) -> dict[str, Any]:
    """The Service. It routes to the ready pods of all revisions."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": parent.metadata(service_name(parent.name), "serving"),
        "spec": {
            "selector": selector_labels(parent.name),
            "ports": [{"name": PORT, "port": port, "protocol": "TCP", "targetPort": PORT}],
        },
    }
