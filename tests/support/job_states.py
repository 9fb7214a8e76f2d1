"""States of a Job and its pod, for tests of what the operator says about a run."""

from __future__ import annotations

from typing import Any

from model_cluster import ModelCluster, model_deployment

UNSCHEDULABLE: dict[str, Any] = {
    "phase": "Pending",
    "conditions": [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3: Insufficient cpu."}
    ],
}


def pending(**spec: Any) -> ModelCluster:
    """A cluster whose Job has been made and waits."""
    cluster = ModelCluster(model_deployment(**spec))
    cluster.settle()
    return cluster


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": message}}
    return {"phase": "Pending", "containerStatuses": [{"name": "pipeline", "state": state}]}


def set_pod(cluster: ModelCluster, status: dict[str, Any]) -> None:
    cluster.job_pod()["status"] = status
    cluster.settle()


def status_and_reason(cluster: ModelCluster) -> tuple[str, str]:
    condition = cluster.condition("PipelineSucceeded")
    return condition["status"], condition["reason"]


def job_names(cluster: ModelCluster) -> list[str]:
    return [job["metadata"]["name"] for job in cluster.all("Job")]
