"""The API server and etcd are killed while models are trained and served: all continue, nothing is done twice."""

from __future__ import annotations

import time
import urllib.error

import pytest
from kube import Namespace, is_settled, model_deployment, ready
from nodes import control_plane, in_node

SERVING = "app.kubernetes.io/component=serving"


def restarts(namespace: Namespace, name: str) -> int:
    pods = namespace.list("pods", f"easymlops.dev/modeldeployment={name},{SERVING}")
    return sum(status["restartCount"] for pod in pods for status in pod["status"]["containerStatuses"])


@pytest.mark.parametrize("process", ["kube-apiserver", "etcd"])
def test_models_keep_training_and_serving_when_the_control_plane_is_killed(namespace: Namespace, process: str) -> None:
    served, begun = f"{process}-served", [f"{process}-{number}" for number in range(3)]
    namespace.apply(model_deployment(served))
    before = ready(namespace, served)
    namespace.apply(*(model_deployment(name) for name in begun))
    node = control_plane()
    for _ in range(2):
        time.sleep(3)
        in_node(node, "pkill", "-9", process, check=False)
    deadline = time.monotonic() + 300
    while not all_settled(namespace, [served, *begun]):
        assert time.monotonic() < deadline, namespace.kubectl("get", "md", "-o", "wide", check=False)
        time.sleep(2)
    after = namespace.get("md", served)
    assert after["status"]["activeRevision"] == before["status"]["activeRevision"]
    assert restarts(namespace, served) == 0
    for name in (served, *begun):
        assert len(namespace.list("jobs", f"easymlops.dev/modeldeployment={name}")) == 1


def all_settled(namespace: Namespace, names: list[str]) -> bool:
    try:
        return all(is_settled(namespace.get("md", name)) for name in names)
    except (urllib.error.URLError, OSError):
        return False  # it is not back yet
