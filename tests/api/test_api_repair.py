"""Changes and deletions by others are repaired; objects that are not ours are not changed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from kube import Namespace, condition, has_reason, is_settled, is_true
from operator_process import OperatorProcess
from stand_in import Kubelet, driven

pytestmark = pytest.mark.usefixtures("shared_operator")


@pytest.fixture
def namespace(shared_namespace: Namespace) -> Namespace:
    """One for the whole module, with one operator; each test has a resource of its own name."""
    return shared_namespace


@pytest.fixture(scope="module")
def served(shared_namespace: Namespace, shared_operator: OperatorProcess) -> Namespace:
    """A namespace with a served ModelDeployment `churn` in it."""
    shared_namespace.apply(driven("churn", serving={"replicas": 1}))
    Kubelet(shared_namespace, "churn").serve()
    return shared_namespace


def within(seconds: float, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("kind", "patch", "path"),
    [
        ("deployment", {"spec": {"replicas": 3}}, "{.spec.replicas}"),
        (
            "deployment",
            {"spec": {"template": {"spec": {"containers": [{"name": "serving", "image": "evil:latest"}]}}}},
            "{.spec.template.spec.containers[0].image}",
        ),
        ("deployment", {"metadata": {"labels": {"easymlops.dev/modeldeployment": None}}}, "{.metadata.labels}"),
        ("service", {"spec": {"ports": [{"port": 8080, "targetPort": 1}]}}, "{.spec.ports[0].targetPort}"),
        ("service", {"metadata": {"labels": {"app.kubernetes.io/managed-by": "me"}}}, "{.metadata.labels}"),
        ("pvc", {"metadata": {"labels": {"app.kubernetes.io/name": "other"}}}, "{.metadata.labels}"),
    ],
)
def test_a_changed_child_is_repaired(served: Namespace, kind: str, patch: dict[str, object], path: str) -> None:
    def value() -> str:
        return served.kubectl("get", kind, "churn", "-o", f"jsonpath={path}")

    before = value()
    served.kubectl("patch", kind, "churn", "--type=strategic", "-p", json.dumps(patch))
    within(4, lambda: value() == before)  # two seconds, and what kubectl takes


@pytest.mark.parametrize("kind", ["deployment", "service"])
def test_a_deleted_child_is_recreated(served: Namespace, kind: str) -> None:
    before = served.get(kind, "churn")["metadata"]["uid"]
    served.kubectl("delete", kind, "churn", "--cascade=background")
    within(4, lambda: served.exists(kind, "churn") and served.get(kind, "churn")["metadata"]["uid"] != before)


def test_additions_by_others_are_preserved(served: Namespace) -> None:
    served.kubectl("annotate", "deployment", "churn", "team=fraud")
    served.kubectl("scale", "deployment", "churn", "--replicas=2")
    within(4, lambda: served.get("deployment", "churn")["spec"]["replicas"] == 1)
    assert served.get("deployment", "churn")["metadata"]["annotations"]["team"] == "fraud"


def test_an_object_that_is_not_ours_is_a_name_conflict(namespace: Namespace, name: str) -> None:
    namespace.kubectl("create", "service", "clusterip", name, "--tcp=80")
    theirs = namespace.get("service", name)
    namespace.apply(driven(name))
    kubelet = Kubelet(namespace, name)
    kubelet.succeed(kubelet.wait_pod("pipeline"))
    resource = namespace.wait("md", name, has_reason("Ready", "NameConflict"), seconds=10)
    assert f"'{name}' exists but is not owned by this resource" in condition(resource, "Stalled")["message"]
    assert namespace.get("service", name) == theirs
    namespace.kubectl("delete", "service", name)
    kubelet.get_ready(kubelet.wait_pod("serving", seconds=20))
    namespace.wait("md", name, is_settled, seconds=20)


def test_a_claim_that_is_not_ours_is_a_name_conflict(namespace: Namespace, name: str) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    }
    namespace.apply(claim)
    theirs = namespace.get("pvc", name)
    namespace.apply(driven(name))
    namespace.wait("md", name, has_reason("Ready", "NameConflict"), seconds=10)
    assert namespace.get("pvc", name)["metadata"] == theirs["metadata"]
    assert namespace.list("jobs", f"easymlops.dev/modeldeployment={name}") == []


def test_deleting_the_job_of_a_failed_run_retries_it(namespace: Namespace, name: str) -> None:
    namespace.apply(driven(name, pipeline={"backoffLimit": 0}))
    kubelet = Kubelet(namespace, name)
    pod = kubelet.wait_pod("pipeline")
    kubelet.end(pod, "not a result", exit_code=1)
    namespace.wait("md", name, is_true("Stalled"), seconds=10)
    namespace.kubectl("delete", "jobs", "-l", f"easymlops.dev/modeldeployment={name}")
    kubelet.succeed(kubelet.wait_pod("pipeline", without=(pod["metadata"]["name"],)))
    namespace.wait("md", name, is_true("PipelineSucceeded"), seconds=10)
