"""A cluster is healthy if the expected number of nodes is ready and renews its leases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cluster.health import cordoned, node_flaw

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


def node(name: str, *, ready: str = "True", cordon: bool = False) -> Any:
    conditions = [{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": ready}]
    return {
        "metadata": {"name": name},
        "spec": {"unschedulable": True} if cordon else {},
        "status": {"conditions": conditions},
    }


def lease(name: str, *, age: float = 5) -> Any:
    renewed = (NOW - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"metadata": {"name": name}, "spec": {"renewTime": renewed}}


@pytest.mark.parametrize(
    ("nodes", "leases", "flaw"),
    [
        ([node("a"), node("b")], [lease("a"), lease("b")], None),
        ([node("a")], [lease("a")], "its API lists 1 nodes, 2 are wanted"),
        ([node("a"), node("b", ready="Unknown")], [lease("a"), lease("b")], "node b is not ready"),
        ([node("a"), node("b")], [lease("a"), lease("b", age=60)], "node b has stopped reporting"),
        ([node("a"), node("b")], [lease("a")], "node b has stopped reporting"),
    ],
)
def test_the_flaw_is_named(nodes: list[Any], leases: list[Any], flaw: str | None) -> None:
    assert node_flaw(nodes, leases, wanted=2, reported_since=NOW - timedelta(seconds=45)) == flaw


def test_a_ready_condition_from_before_a_restart_does_not_count() -> None:
    assert node_flaw([node("a")], [lease("a", age=5)], wanted=1, reported_since=NOW) == "node a has stopped reporting"


def test_nodes_that_a_test_left_cordoned_are_found() -> None:
    assert cordoned([node("a"), node("b", cordon=True)]) == ["b"]
