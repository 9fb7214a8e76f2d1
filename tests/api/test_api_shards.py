"""Two shards: each reconciles its own resources, and a resource with a new label moves without any change."""

from __future__ import annotations

import json
import time

from kube import Namespace
from operator_process import Launcher
from stand_in import Kubelet, driven

KINDS = "jobs,deployments,services,pvc,configmaps"


def children(namespace: Namespace) -> dict[str, str]:
    items = json.loads(namespace.kubectl("get", KINDS, "-o", "json"))["items"]
    return {f"{o['kind']}/{o['metadata']['name']}": o["metadata"]["resourceVersion"] for o in items}


def test_each_shard_has_its_own_resources_and_a_resource_can_move(namespace: Namespace, launcher: Launcher) -> None:
    plain, blue = launcher.start(), launcher.start(SHARD="blue")
    mine, theirs = driven("plain"), driven("blue")
    theirs["metadata"]["labels"] = {"easymlops.dev/shard": "blue"}
    namespace.apply(mine, theirs)
    for name in ("plain", "blue"):
        Kubelet(namespace, name).serve()
    for operator in (plain, blue):
        assert operator.metric("easymlops_resources") == 1
        assert operator.metric("easymlops_reconcile_total", result="gone") == 0
    time.sleep(5)  # until requests to the pods, which do not run, have failed for long enough
    before, writes = children(namespace), plain.writes() + blue.writes()

    namespace.kubectl("label", "md", "blue", "easymlops.dev/shard-")
    deadline = time.monotonic() + 10
    while (plain.metric("easymlops_resources"), blue.metric("easymlops_resources")) != (2, 0):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(3)
    assert children(namespace) == before
    assert plain.writes() + blue.writes() == writes
    namespace.kubectl("delete", "deployment", "blue")
    namespace.wait("deployment", "blue", lambda _: True, seconds=10)
    assert blue.metric("easymlops_resources") == 0
