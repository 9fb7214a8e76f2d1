"""Not one request fails while the model is updated, pods are deleted, and their number changes.

At least 10,000 of them, by a node port on 127.0.0.1, on connections that are kept alive and never tried again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from kube import Namespace, Object, model_deployment, ready
from load import Load
from node_port import reach
from sklearn.datasets import load_breast_cancer

NAME = "busy"
SERVING = {"easymlops.dev/modeldeployment": NAME, "app.kubernetes.io/component": "serving"}
SELECTOR = ",".join(f"{key}={value}" for key, value in SERVING.items())
NODE_PORT = 30084
REQUESTS = 10_000
ROWS = load_breast_cancer(as_frame=True).data.head(2).to_dict("records")


def wanted(version: str, replicas: int) -> Object:
    return model_deployment(NAME, deployment={"version": version}, serving={"replicas": replicas})


def pods(namespace: Namespace) -> list[Object]:
    return [pod for pod in namespace.list("pods", SELECTOR) if "deletionTimestamp" not in pod["metadata"]]


def pods_that_answer(resource: Object) -> int:
    return int(resource["status"].get("serving", {}).get("readyReplicas", 0))


def settled(namespace: Namespace, replicas: int) -> None:
    """So many pods answer, and those that went are gone altogether."""
    namespace.wait("md", NAME, lambda o: pods_that_answer(o) == replicas, seconds=180, what="scaled")
    ready(namespace, NAME)
    deadline = time.monotonic() + 90
    while len(namespace.list("pods", SELECTOR)) != replicas:
        assert time.monotonic() < deadline, "pods did not go"
        time.sleep(0.5)


@pytest.fixture(scope="module")
def url(namespace: Namespace) -> str:
    return f"{reach(namespace, 'load', SERVING, NODE_PORT)}/predict"


@pytest.fixture
def load(namespace: Namespace, url: str) -> Iterator[Load]:
    namespace.apply(wanted("1.0.0", 2))
    settled(namespace, 2)
    with Load(url, ROWS) as running:
        running.wait(lambda: running.answered > 200, 30)
        yield running
        for phase in running.phases:
            print(phase)


def test_no_request_fails_in_updates_deletions_and_scaling(namespace: Namespace, load: Load) -> None:
    with load.phase("update") as update:
        namespace.apply(wanted("2.0.0", 2))
        namespace.wait("md", NAME, lambda o: o["status"]["serving"].get("version") == "2.0.0", seconds=180)
        settled(namespace, 2)
    assert set(update.versions) == {"1.0.0", "2.0.0"}
    with load.phase("pod deleted") as deletion:
        namespace.kubectl("delete", "pod", pods(namespace)[0]["metadata"]["name"])
        settled(namespace, 2)
    with load.phase("scaled up"):
        namespace.kubectl("scale", f"modeldeployment/{NAME}", "--replicas=3")
        settled(namespace, 3)
    with load.phase("scaled down"):
        namespace.kubectl("scale", f"modeldeployment/{NAME}", "--replicas=1")
        settled(namespace, 1)
    with load.phase("one pod updated, back to the first revision") as back:
        namespace.apply(wanted("1.0.0", 1))
        namespace.wait("md", NAME, lambda o: o["status"]["serving"].get("version") == "1.0.0", seconds=180)
        settled(namespace, 1)
    assert set(back.versions) == {"1.0.0", "2.0.0"}
    with load.phase("idle"):
        load.wait(lambda: load.answered >= REQUESTS, 300)
    assert set(deletion.versions) == {"2.0.0"}
    assert load.failures == []
