"""Pods that the API server refuses are reported with its message and with what to change, and waited for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from easy_mlops_operator.reconcile.refused_pods import refusal
from job_states import pending, status_and_reason
from model_cluster import ModelCluster

EXCEEDED = "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1"
QUOTA = f'pods "churn-0123456789-x7k2p" is forbidden: {EXCEEDED}'


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            f"Error creating: {QUOTA}",
            "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1; raise ResourceQuota 'q'",
        ),
        (
            'pods "x" is forbidden: exceeded quota: q, requested: requests.memory=300Mi, used: requests.memory=300Mi, '
            "limited: requests.memory=512Mi",
            "exceeded quota: q, requested: requests.memory=300Mi, used: requests.memory=300Mi, limited: "
            "requests.memory=512Mi; raise ResourceQuota 'q' or lower spec.pipeline.resources",
        ),
        (
            'Error creating: pods "x" is forbidden: failed quota: mem: must specify limits.memory for: pipeline',
            "failed quota: mem: must specify limits.memory for: pipeline; "
            "set spec.pipeline.resources, as ResourceQuota 'mem' requires",
        ),
        (
            'pods "x" is forbidden: maximum memory usage per Container is 64Mi, but limit is 1Gi',
            "maximum memory usage per Container is 64Mi, but limit is 1Gi; "
            "set spec.pipeline.resources within the LimitRange",
        ),
        (
            'Error creating: pods "x" is forbidden: violates PodSecurity "restricted:latest": seccompProfile',
            'violates PodSecurity "restricted:latest": seccompProfile; '
            "lower the pod-security.kubernetes.io/enforce label of the namespace",
        ),
        (
            "Error creating: admission webhook \"validate.kyverno.svc-fail\" denied the request: \n\nresource "
            "Pod/shop/churn-0123456789-x7k2p was blocked due to the following policies",
            'admission webhook "validate.kyverno.svc-fail" denied the request: resource Pod/shop/churn-0123456789 was '
            "blocked due to the following policies; "
            "change what the policies of webhook 'validate.kyverno.svc-fail' require, or the spec",
        ),
        (
            'pods "x" is forbidden: error looking up service account shop/default: serviceaccount "default" not found',
            'error looking up service account shop/default: serviceaccount "default" not found; '
            "create ServiceAccount 'default'",
        ),
        (
            "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
            "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no; "
            "change what ValidatingAdmissionPolicy 'p' requires, or the spec",
        ),
        ('Pod "x-1" is invalid: spec.containers[0].image: Required value', "Pod is invalid: spec.containers[0].image: "
         "Required value"),
    ],
)  # fmt: skip
def test_the_message_is_the_api_servers_with_advice(message: str, expected: str) -> None:
    assert refusal(message, "churn-0123456789", "spec.pipeline.resources") == f"its pods are refused: {expected}"


def without_pod() -> ModelCluster:
    cluster = pending()
    cluster.remove("Pod", cluster.job_pod()["metadata"]["name"])
    return cluster


def refuse(cluster: ModelCluster, job: str, message: str = QUOTA) -> None:
    report = cluster.report(replace(cluster.observed(), refused_pods={job: message}))
    if report.status is not None:
        cluster.resource["status"] = report.status
    cluster.plans.append(report)


def test_a_job_without_a_pod_is_looked_at_again_soon() -> None:
    cluster = without_pod()
    assert cluster.tick().requeue_after == 3
    assert status_and_reason(cluster) == ("Unknown", "Running")


def test_a_refused_pod_of_a_run_is_reported_and_waited_for() -> None:
    cluster = without_pod()
    refuse(cluster, cluster.status["targetRevision"])
    assert status_and_reason(cluster) == ("False", "FailedCreate")
    assert "raise ResourceQuota 'q'" in cluster.condition("PipelineSucceeded")["message"]
    assert cluster.condition("Reconciling")["reason"] == "FailedCreate"
    assert cluster.status["phase"] == "Waiting"
    assert cluster.status["lastFailure"]["reason"] == "FailedCreate"
    assert cluster.plans[-1].requeue_after == 10
    assert [event.reason for event in cluster.plans[-1].events] == ["FailedCreate"]


def test_each_new_try_of_the_job_controller_reports_the_same() -> None:
    cluster = without_pod()
    job = cluster.status["targetRevision"]
    refuse(cluster, job)
    refuse(cluster, job, QUOTA.replace("x7k2p", "bbbbb"))
    assert cluster.plans[-1].status is None


def test_the_run_goes_on_once_its_pod_is_there() -> None:
    cluster = without_pod()
    refuse(cluster, cluster.status["targetRevision"])
    cluster.job_pod()
    cluster.train()
    assert cluster.condition("Ready")["status"] == "True"


def test_a_refused_scoring_pod_is_reported_with_the_deployments_message() -> None:
    cluster = ModelCluster()
    cluster.settle()
    cluster.succeed()
    cluster.tick()
    cluster.count_pods()
    message = f'pods "churn-5d-x7k2p" is forbidden: {EXCEEDED}'
    failing = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}
    cluster.get("Deployment")["status"]["conditions"] = [failing]
    cluster.tick()
    loaded = cluster.condition("ModelLoaded")
    assert (loaded["status"], loaded["reason"]) == ("Unknown", "FailedCreate")
    assert loaded["message"] == (
        f"0 of 1 pods serve {cluster.status['targetRevision']}: its pods are refused: exceeded quota: q, requested: "
        "pods=1, used: pods=1, limited: pods=1; raise ResourceQuota 'q'"
    )
    cluster.settle()
    assert cluster.condition("Ready")["status"] == "True"
