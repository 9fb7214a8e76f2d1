"""The operator is upgraded and downgraded while three models serve: no pod restarts and no request fails."""

from __future__ import annotations

import time
from contextlib import ExitStack

from kube import Namespace, Object, is_settled, kubectl, model_deployment, ready
from load import Load
from node_port import reach
from operator_version import Version
from sklearn.datasets import load_breast_cancer

NAMES = ("first", "second", "third")
NODE_PORT = 30081
REQUESTS = 10_000
WATCHED_SECONDS = 20
"""More than two collections of figures: whatever a new operator wants otherwise, it would have done by then."""
ROWS = load_breast_cancer(as_frame=True).data.head(1).to_dict("records")


def labels(name: str) -> dict[str, str]:
    return {"easymlops.dev/modeldeployment": name, "app.kubernetes.io/component": "serving"}


def pods(namespace: Namespace) -> dict[str, tuple[str, int]]:
    """Uid and restarts of everything that runs, by name."""
    return {pod["metadata"]["name"]: (pod["metadata"]["uid"], restarts(pod)) for pod in namespace.list("pods")}


def restarts(pod: Object) -> int:
    return sum(status["restartCount"] for status in pod["status"].get("containerStatuses", []))


def operator_image() -> str:
    selector = ["-l", "app.kubernetes.io/name=easy-mlops-operator", "--field-selector=status.phase=Running"]
    return kubectl("-n", "easy-mlops-system", "get", "pods", *selector, "-o", "jsonpath={.items[*].spec..image}")


def test_an_upgrade_restarts_no_pod_and_fails_no_request(namespace: Namespace, earlier: Version, this: Version) -> None:
    assert earlier.images["OPERATOR_IMAGE"] != this.images["OPERATOR_IMAGE"]
    earlier.install()
    namespace.apply(*(model_deployment(name) for name in NAMES))
    # Before anything is asked, so that the nodes know the ports by then.
    urls = [f"{reach(namespace, f'load-{n}', labels(name), NODE_PORT + n)}/predict" for n, name in enumerate(NAMES)]
    for name in NAMES:
        ready(namespace, name)
    before, jobs = pods(namespace), [job["metadata"]["uid"] for job in namespace.list("jobs")]
    with ExitStack() as stack:
        loads = [stack.enter_context(Load(url, ROWS, clients=3, rate=100)) for url in urls]
        for load in loads:
            load.wait(lambda load=load: load.answered > 50, 30)  # type: ignore[misc]
        for version in (this, earlier, this):
            version.install()
            time.sleep(WATCHED_SECONDS)
            assert version.images["OPERATOR_IMAGE"] in operator_image()
            assert all(is_settled(namespace.get("md", name)) for name in NAMES)
            assert pods(namespace) == before
        for load in loads:
            load.wait(lambda load=load: load.answered >= REQUESTS / len(NAMES), 300)  # type: ignore[misc]
    for name, load in zip(NAMES, loads, strict=True):
        print(f"{name}: {load.answered} answered, {len(load.failures)} failed")
        assert load.failures == []
    assert [job["metadata"]["uid"] for job in namespace.list("jobs")] == jobs
