"""From a resource to a served model, with a real API server and real controllers, but no node in play."""

from __future__ import annotations

from kube import Namespace, condition, has_reason, is_true
from operator_process import OperatorProcess
from stand_in import DIGEST, Kubelet, driven, is_settled


def test_a_resource_becomes_a_served_model(namespace: Namespace, operator: OperatorProcess) -> None:
    kubelet = Kubelet(namespace, "churn")
    namespace.apply(driven("churn"))
    kubelet.succeed(kubelet.wait_pod("pipeline"))
    trained = namespace.wait("md", "churn", is_true("PipelineSucceeded"), seconds=10)
    [revision] = trained["status"]["revisions"]
    assert (revision["state"], revision["digest"], revision["version"]) == ("Succeeded", DIGEST, "1.0.0")
    kubelet.get_ready(kubelet.wait_pod("serving"))
    served = namespace.wait("md", "churn", is_settled, seconds=10)
    assert served["status"]["activeRevision"] == revision["name"]
    assert served["status"]["url"] == f"http://churn.{namespace.name}.svc:8080"
    assert namespace.exists("service", "churn")
    assert namespace.exists("pvc", "churn")
    assert [job["metadata"]["name"] for job in namespace.list("jobs")] == [revision["name"]]


def test_the_status_appears_at_once(namespace: Namespace, operator: OperatorProcess) -> None:
    namespace.apply(driven("churn"))
    resource = namespace.wait("md", "churn", lambda md: md["status"]["observedGeneration"] == 1, seconds=3)
    assert condition(resource, "Ready")["reason"] == "Progressing"
    assert condition(resource, "Reconciling")["status"] == "True"


def test_an_unschedulable_run_is_told(namespace: Namespace, operator: OperatorProcess) -> None:
    namespace.apply(driven("churn"))
    resource = namespace.wait("md", "churn", has_reason("PipelineSucceeded", "Unschedulable"), seconds=10)
    assert "Insufficient cpu" in condition(resource, "PipelineSucceeded")["message"]
