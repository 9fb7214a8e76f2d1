"""From a resource to a served model, with a real API server and real controllers, but no node in play."""

from __future__ import annotations

import pytest
from kube import Namespace, condition, has_reason, is_settled, is_true
from stand_in import DIGEST, Kubelet, driven

pytestmark = pytest.mark.usefixtures("shared_operator")


@pytest.fixture
def namespace(shared_namespace: Namespace) -> Namespace:
    """One for the whole module, with one operator; each test has a resource of its own name."""
    return shared_namespace


def test_a_resource_becomes_a_served_model(namespace: Namespace, name: str) -> None:
    kubelet = Kubelet(namespace, name)
    namespace.apply(driven(name))
    kubelet.succeed(kubelet.wait_pod("pipeline"))
    trained = namespace.wait("md", name, is_true("PipelineSucceeded"), seconds=10)
    [revision] = trained["status"]["revisions"]
    assert (revision["state"], revision["digest"], revision["version"]) == ("Succeeded", DIGEST, "1.0.0")
    kubelet.get_ready(kubelet.wait_pod("serving"))
    served = namespace.wait("md", name, is_settled, seconds=10)
    assert served["status"]["activeRevision"] == revision["name"]
    assert served["status"]["url"] == f"http://{name}.{namespace.name}.svc:8080"
    assert namespace.exists("service", name)
    assert namespace.exists("pvc", name)
    assert [job["metadata"]["name"] for job in namespace.list("jobs", f"easymlops.dev/modeldeployment={name}")] == [
        revision["name"]
    ]


def test_the_status_appears_at_once(namespace: Namespace, name: str) -> None:
    namespace.apply(driven(name))
    resource = namespace.wait("md", name, lambda md: md["status"]["observedGeneration"] == 1, seconds=3)
    assert condition(resource, "Ready")["reason"] == "Progressing"
    assert condition(resource, "Reconciling")["status"] == "True"


def test_an_unschedulable_run_is_reported(namespace: Namespace, name: str) -> None:
    namespace.apply(driven(name))
    resource = namespace.wait("md", name, has_reason("PipelineSucceeded", "Unschedulable"), seconds=10)
    assert "Insufficient cpu" in condition(resource, "PipelineSucceeded")["message"]
