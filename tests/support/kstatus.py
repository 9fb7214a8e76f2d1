"""The rules of kstatus for custom resources, as in sigs.k8s.io/cli-utils/pkg/kstatus/status (v0.37.2).

Flux and `kubectl`'s apply tools read any resource by them. `make e2e-gitops` compares what is here with the original.
"""

from __future__ import annotations

from typing import Any, Literal

Verdict = Literal["InProgress", "Failed", "Current", "Terminating"]


def compute(resource: dict[str, Any]) -> Verdict:
    """`status.Compute` for a kind that kstatus has no rules of its own for."""
    metadata, status = resource["metadata"], resource.get("status", {})
    if metadata.get("deletionTimestamp"):
        return "Terminating"
    if "generation" in metadata and status.get("observedGeneration", metadata["generation"]) != metadata["generation"]:
        return "InProgress"
    conditions = status.get("conditions") or []
    for condition in conditions:
        if condition["status"] == "True" and condition["type"] in ("Reconciling", "Stalled"):
            return "InProgress" if condition["type"] == "Reconciling" else "Failed"
    ready = [condition["status"] for condition in conditions if condition["type"] == "Ready"]
    return "Current" if not ready or ready[0] == "True" else "InProgress"
