"""Pods of a kind cluster, reached from this machine by a port that their nodes pass on."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pytest
from kube import Namespace

FIRST = 30080
"""hack/cluster makes this node port and the four after it reachable on 127.0.0.1, from $CLUSTER_HOST_PORT on."""


def reach(namespace: Namespace, service: str, labels: Mapping[str, str], port: int) -> str:
    """Make a Service for pods with these labels; its address. Skips the test where node ports are out of reach."""
    first = int(os.environ.get("CLUSTER_HOST_PORT", "0"))
    if not first:
        pytest.skip("node ports of this cluster are not reachable on 127.0.0.1 (CLUSTER_HOST_PORT is not set)")
    ports = [{"port": 8080, "targetPort": "http", "nodePort": port}]
    spec = {"type": "NodePort", "selector": dict(labels), "ports": ports}
    namespace.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": service}, "spec": spec})
    return f"http://127.0.0.1:{first + port - FIRST}"
