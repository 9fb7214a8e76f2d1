"""Commands inside the containers that are nodes of a kind cluster, for faults that the API cannot cause."""

from __future__ import annotations

import functools
import os
import subprocess

import pytest
from kube import kubectl


def in_node(node: str, *command: str, check: bool = True) -> str:
    """Run a command in a node; its output. Skips the test where nodes are no containers within reach."""
    if not os.environ.get("DOCKER_HOST") and "kind" not in kubectl("config", "current-context"):
        pytest.skip("the nodes of this cluster are not containers of an engine on this machine")
    done = subprocess.run(["docker", "exec", node, *command], capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout


def control_plane() -> str:
    """The node that the API server and etcd run on."""
    selector = "node-role.kubernetes.io/control-plane"
    return kubectl("get", "nodes", "-l", selector, "-o", "jsonpath={.items[0].metadata.name}")


@functools.cache
def this_machine() -> str:
    """The address at which the nodes reach this machine; in no network but theirs."""
    return in_node(control_plane(), "ip", "-4", "route", "show", "default").split()[2]


def workers() -> list[str]:
    """The nodes that take pods."""
    selector = "!node-role.kubernetes.io/control-plane"
    return kubectl("get", "nodes", "-l", selector, "-o", "jsonpath={.items[*].metadata.name}").split()
