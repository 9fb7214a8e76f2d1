"""Fifty runs are killed, each at a different moment. Each of them finishes and leaves one directory."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor

from claim_pod import claim_pod
from kube import Namespace, Object, is_true, model_deployment

RUNS = 50
AT_ONCE = 5
LONGEST_SECONDS = 8.0
"""About what a run takes when five of them share two cores."""
LIST = "import os; print(*sorted(os.listdir('/data/models')))"


def pipeline_pods(namespace: Namespace, name: str) -> list[Object]:
    return namespace.list("pods", f"easymlops.dev/modeldeployment={name},app.kubernetes.io/component=pipeline")


def run_and_kill(namespace: Namespace, number: int) -> str:
    """Run a pipeline and kill its pod somewhere on the way; the directory that is its result."""
    name, delay = f"run-{number}", LONGEST_SECONDS * number / RUNS
    # Without pods that serve, the volume and the processor are left to the runs.
    storage, serving = {"existingClaim": "shared"}, {"replicas": 0}
    namespace.apply(model_deployment(name, storage=storage, serving=serving, training={"cv_folds": 3}))
    namespace.wait("md", name, lambda _: bool(pipeline_pods(namespace, name)), seconds=120, what="training")
    [pod] = pipeline_pods(namespace, name)[:1]
    namespace.wait("pod", pod["metadata"]["name"], lambda o: o["status"]["phase"] != "Pending", seconds=120)
    time.sleep(delay)
    how = ["--grace-period=0", "--force"] if number % 2 else ["--grace-period=1"]
    namespace.kubectl("delete", "pod", pod["metadata"]["name"], "--wait=false", *how)
    done = namespace.wait("md", name, is_true("PipelineSucceeded"), seconds=240, what="trained")
    [revision] = done["status"]["revisions"]
    assert len(namespace.list("jobs", f"easymlops.dev/modeldeployment={name}")) == 1
    return str(revision["directory"])


def test_fifty_runs_leave_fifty_directories(namespace: Namespace) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    namespace.apply({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "shared"}, "spec": spec})
    numbers = random.sample(range(RUNS), RUNS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        directories = list(pool.map(lambda number: run_and_kill(namespace, number), numbers))
    namespace.apply(claim_pod("look", "shared", LIST))
    namespace.wait("pod", "look", lambda o: o["status"].get("phase") == "Succeeded", seconds=60, what="done")
    found = namespace.kubectl("logs", "look").split()
    assert sorted(directories) == [f"models/{name}" for name in found]
    assert len(set(directories)) == RUNS
