"""The number of pods, against the API server's own field ownership; budgets, policies, and old artifacts."""

from __future__ import annotations

import json
import time
import urllib.error
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from kube import Namespace, Object, is_settled
from operator_process import OperatorProcess
from stand_in import Kubelet, driven

pytestmark = pytest.mark.usefixtures("shared_operator")
SHARED = {"accessModes": ["ReadWriteMany"]}


@pytest.fixture
def namespace(shared_namespace: Namespace) -> Namespace:
    """One for the whole module, with one operator; each test has a resource of its own name."""
    return shared_namespace


def served(namespace: Namespace, name: str, **spec: Any) -> Kubelet:
    """A resource all of whose pods answer."""
    namespace.apply(driven(name, **spec))
    kubelet = Kubelet(namespace, name)
    kubelet.succeed(kubelet.wait_pod("pipeline"))
    settle(kubelet)
    return kubelet


def settle(kubelet: Kubelet, seconds: float = 40) -> Object:
    """Make pods ready as they come, until the resource is settled; the resource."""
    deadline = time.monotonic() + seconds
    while True:
        for pod in kubelet.pods("serving"):
            if pod["status"]["phase"] != "Running":
                with suppress(urllib.error.HTTPError):  # it was one too many, and is gone
                    kubelet.get_ready(pod)
        resource = kubelet.namespace.get("md", kubelet.resource)
        if is_settled(resource):
            return resource
        assert time.monotonic() < deadline, resource["status"]
        time.sleep(0.5)


def within(seconds: float, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def replicas(namespace: Namespace, name: str) -> int:
    return int(namespace.get("deployment", name)["spec"]["replicas"])


def patch(namespace: Namespace, name: str, serving: Object) -> None:
    namespace.kubectl("patch", "md", name, "--type=merge", "-p", json.dumps({"spec": {"serving": serving}}))


def autoscaled(namespace: Namespace, name: str, **bounds: int) -> None:
    patch(namespace, name, {"replicas": None, "autoscaling": bounds})
    within(10, lambda: namespace.exists("hpa", name))


def test_kubectl_scale_sets_the_spec_whether_or_not_it_had_a_number(namespace: Namespace, name: str) -> None:
    kubelet = served(namespace, name)
    for number in (3, 2):
        namespace.kubectl("scale", f"md/{name}", f"--replicas={number}")
        within(4, lambda number=number: replicas(namespace, name) == number)  # type: ignore[misc]
        assert namespace.get("md", name)["spec"]["serving"]["replicas"] == number
    assert settle(kubelet)["status"]["serving"]["desiredReplicas"] == 2


def test_the_number_of_pods_never_falls_while_an_autoscaler_takes_over(namespace: Namespace, name: str) -> None:
    served(namespace, name, serving={"replicas": 3})
    seen = set()
    autoscaled(namespace, name, minReplicas=2, maxReplicas=5)
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        seen.add(replicas(namespace, name))
    assert seen == {3}


def test_replicas_set_by_an_autoscaler_or_a_user_are_not_reset(
    namespace: Namespace, name: str, shared_operator: OperatorProcess
) -> None:
    kubelet = served(namespace, name, serving={"replicas": 2})
    autoscaled(namespace, name, minReplicas=2, maxReplicas=5)
    namespace.kubectl("scale", f"deployment/{name}", "--replicas=4")
    settle(kubelet)
    namespace.kubectl("annotate", "deployment", name, "look=here")
    time.sleep(2)
    assert replicas(namespace, name) == 4
    patch(namespace, name, {"replicas": 3, "autoscaling": None})
    within(10, lambda: replicas(namespace, name) == 3 and not namespace.exists("hpa", name))


@pytest.mark.parametrize(
    ("serving", "says"),
    [
        ({"replicas": 2, "autoscaling": {"maxReplicas": 3}}, "excludes replicas"),
        ({"autoscaling": {"minReplicas": 4, "maxReplicas": 3}}, "must not be more than maxReplicas"),
        ({"autoscaling": {"minReplicas": 4}}, "maxReplicas"),
        ({"autoscaling": {"maxReplicas": 0}}, "greater than or equal to 1"),
    ],
)
def test_conflicting_or_impossible_replicas_are_refused_by_the_api_server(
    refused: Callable[..., str], name: str, serving: Object, says: str
) -> None:
    assert says in refused(driven(name, serving=serving))


def test_a_disruption_budget_exists_while_a_shared_volume_has_a_second_pod(namespace: Namespace, name: str) -> None:
    kubelet = served(namespace, name, serving={"replicas": 2}, storage=SHARED)
    assert namespace.get("pdb", name)["spec"]["maxUnavailable"] == 1
    namespace.kubectl("scale", f"md/{name}", "--replicas=1")
    within(4, lambda: not namespace.exists("pdb", name))
    settle(kubelet)


def test_changed_or_deleted_children_are_repaired_and_not_written_again(
    namespace: Namespace, name: str, shared_operator: OperatorProcess
) -> None:
    kubelet = served(namespace, name, serving={"autoscaling": {"minReplicas": 2, "maxReplicas": 4}}, storage=SHARED)
    for kind, child, change in (
        ("hpa", name, {"spec": {"maxReplicas": 50}}),
        ("pdb", name, {"spec": {"maxUnavailable": 2}}),
        ("networkpolicy", f"{name}-serving", {"spec": {"ingress": [{}]}}),
        ("networkpolicy", f"{name}-pipeline", {"spec": {"policyTypes": ["Ingress"]}}),
    ):
        before = namespace.get(kind, child)
        namespace.kubectl("patch", kind, child, "--type=merge", "-p", json.dumps(change))
        within(4, lambda k=kind, c=child, b=before: namespace.get(k, c)["spec"] == b["spec"])  # type: ignore[misc]
        namespace.kubectl("delete", kind, child)
        within(4, lambda k=kind, c=child: namespace.exists(k, c))  # type: ignore[misc]
    settle(kubelet)
    time.sleep(2)
    applied = shared_operator.metric("easymlops_api_requests_total", verb="apply")
    time.sleep(5)
    assert shared_operator.metric("easymlops_api_requests_total", verb="apply") == applied


def test_old_artifacts_are_removed_by_a_job_that_is_then_deleted(namespace: Namespace, name: str) -> None:
    kubelet = served(namespace, name, revisionHistoryLimit=1)
    first = namespace.get("md", name)["status"]["activeRevision"]
    known = tuple(pod["metadata"]["name"] for pod in kubelet.pods("pipeline"))
    namespace.apply(driven(name, revisionHistoryLimit=1, training={"cv_folds": 3}))
    kubelet.succeed(kubelet.wait_pod("pipeline", without=known), directory="models/deployment_2")
    settle(kubelet)
    pruning = kubelet.wait_pod("pruning")
    assert pruning["spec"]["containers"][0]["args"][-1].startswith("models/deployment_1=")
    assert [item["name"] for item in namespace.get("md", name)["status"]["pruning"]["pending"]] == [first]
    kubelet.end(pruning, "")
    namespace.wait("md", name, lambda o: "pruning" not in o["status"], seconds=20, what="pruned")
    within(10, lambda: not namespace.exists("job", f"{name}-prune"))
