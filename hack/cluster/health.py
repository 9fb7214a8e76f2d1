"""The health of a cluster's nodes, judged from the objects in its API."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

LEASE_SECONDS = 45.0  # a kubelet renews its lease every 10 seconds


def node_flaw(nodes: list[Any], leases: Iterable[Any], *, wanted: int, reported_since: datetime) -> str | None:
    """The first problem, or None. A Ready condition can be stale, so each kubelet's lease is checked too."""
    if len(nodes) != wanted:
        return f"its API lists {len(nodes)} nodes, {wanted} are wanted"
    renewed = {lease["metadata"]["name"]: lease["spec"].get("renewTime") for lease in leases}
    for node in nodes:
        name = node["metadata"]["name"]
        conditions = {item["type"]: item["status"] for item in node["status"].get("conditions", [])}
        if conditions.get("Ready") != "True":
            return f"node {name} is not ready"
        last = renewed.get(name)
        if not last or datetime.fromisoformat(last) < reported_since:
            return f"node {name} has stopped reporting"
    return None


def cordoned(nodes: Iterable[Any]) -> list[str]:
    """Names of the nodes that accept no new pods."""
    return [node["metadata"]["name"] for node in nodes if node["spec"].get("unschedulable")]
