"""Problems of a run with nodes, volumes and admission are reported by conditions; it recovers if possible."""

from __future__ import annotations

import time

from kube import Namespace, condition, has_reason, kubectl, model_deployment, ready
from nodes import in_node, workers

SLOW = {"model_type": "random_forest_classifier", "hyperparameters": {"n_estimators": 600}, "cv_folds": 5}


def test_a_run_without_enough_memory(namespace: Namespace) -> None:
    resources = {"requests": {"memory": "32Mi"}, "limits": {"memory": "48Mi"}}
    namespace.apply(model_deployment("hungry", pipeline={"resources": resources, "backoffLimit": 0}))
    found = namespace.wait("md", "hungry", lambda o: condition(o, "Stalled").get("status") == "True", seconds=120)
    assert condition(found, "PipelineSucceeded")["reason"] == "OutOfMemory"
    message = condition(found, "PipelineSucceeded")["message"]
    assert "OOMKilled" in message and "spec.pipeline.resources.limits.memory" in message


def test_a_run_that_takes_too_long(namespace: Namespace) -> None:
    namespace.apply(model_deployment("slow", training=SLOW, pipeline={"activeDeadlineSeconds": 10}))
    found = namespace.wait("md", "slow", has_reason("PipelineSucceeded", "DeadlineExceeded"), seconds=120)
    assert condition(found, "Stalled")["status"] == "True"


def test_a_full_volume(namespace: Namespace) -> None:
    node, name = workers()[0], f"tiny-{namespace.name}"
    folder = f"/mnt/{name}"
    in_node(node, "mkdir", "-p", folder)
    in_node(node, "mount", "-t", "tmpfs", "-o", "size=8k,mode=0777", "tmpfs", folder)
    terms = [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}]
    common = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}
    volume = {
        **common,
        "capacity": {"storage": "8Ki"},
        "local": {"path": folder},
        "nodeAffinity": {"required": {"nodeSelectorTerms": terms}},
        "persistentVolumeReclaimPolicy": "Retain",
    }
    claim = {**common, "volumeName": name, "resources": {"requests": {"storage": "8Ki"}}}
    try:
        namespace.apply(
            {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": volume},
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "tiny"}, "spec": claim},
            model_deployment("full", storage={"existingClaim": "tiny"}),
        )
        found = namespace.wait("md", "full", has_reason("PipelineSucceeded", "VolumeUnavailable"), seconds=180)
        assert "No space left" in condition(found, "PipelineSucceeded")["message"]
        assert in_node(node, "find", folder, "-name", "model.joblib") == ""
    finally:
        namespace.kubectl("delete", "md", "full", "--ignore-not-found", "--timeout=60s")
        namespace.kubectl("delete", "pvc", "tiny", "--ignore-not-found", "--timeout=60s")
        kubectl("delete", "pv", name, "--ignore-not-found", "--timeout=60s")
        in_node(node, "umount", folder, check=False)


def test_a_claim_without_a_matching_volume(namespace: Namespace) -> None:
    namespace.apply(model_deployment("unbound", storage={"storageClassName": "none-such"}))
    time.sleep(15)
    found = namespace.get("md", "unbound")
    assert condition(found, "Reconciling")["status"] == "True"
    assert condition(found, "Ready")["status"] == "False"
    assert "none-such" in condition(found, "PipelineSucceeded")["message"]


def test_an_admission_policy_that_forbids_jobs(namespace: Namespace) -> None:
    name = f"no-jobs-{namespace.name}"
    rules = [{"apiGroups": ["batch"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["jobs"]}]
    only_here = {"matchLabels": {"kubernetes.io/metadata.name": namespace.name}}
    matches = {"resourceRules": rules, "namespaceSelector": only_here}
    policy = {"matchConstraints": matches, "validations": [{"expression": "false", "message": "no Jobs here"}]}
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": name}}
    binding = {"policyName": name, "validationActions": ["Deny"]}
    try:
        namespace.apply(
            {**kind, "kind": "ValidatingAdmissionPolicy", "spec": policy},
            {**kind, "kind": "ValidatingAdmissionPolicyBinding", "spec": binding},
        )
        time.sleep(3)  # until the API server has taken it in
        namespace.apply(model_deployment("denied"))
        found = namespace.wait("md", "denied", has_reason("Stalled", "Refused"), seconds=60)
        assert "no Jobs here" in condition(found, "PipelineSucceeded")["message"]
    finally:
        for each in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
            kubectl("delete", each, name, "--ignore-not-found")
    ready(namespace, "denied")


def test_a_namespace_whose_service_account_comes_and_goes(namespace: Namespace) -> None:
    namespace.kubectl("delete", "serviceaccount", "default", "--wait=false")
    namespace.apply(model_deployment("homeless"))
    for _ in range(10):
        namespace.kubectl("delete", "serviceaccount", "default", "--ignore-not-found", "--wait=false")
        time.sleep(0.5)
    ready(namespace, "homeless")
    assert len(namespace.list("jobs", "easymlops.dev/modeldeployment=homeless")) == 1


def test_a_drained_node(namespace: Namespace) -> None:
    """The volume is on that node, so all waits until pods may come back; then nothing was lost or done twice."""
    namespace.apply(model_deployment("moved"))
    before = ready(namespace, "moved")["status"]
    [pod] = namespace.list("pods", "easymlops.dev/modeldeployment=moved,app.kubernetes.io/component=serving")
    node = pod["spec"]["nodeName"]
    namespace.apply(model_deployment("moved", training=SLOW))
    trains = "easymlops.dev/modeldeployment=moved,app.kubernetes.io/component=pipeline"
    namespace.wait("md", "moved", lambda _: len(namespace.list("jobs", trains)) == 2, seconds=60, what="training")
    try:
        mine = "easymlops.dev/modeldeployment=moved"
        kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--pod-selector", mine)
        gone = namespace.wait("md", "moved", has_reason("Serving", "NoEndpoints"), seconds=60, what="without pods")
        assert "unschedulable" in str(gone["status"]["conditions"])
    finally:
        kubectl("uncordon", node)
    after = ready(namespace, "moved", seconds=300)["status"]
    assert after["activeRevision"] != before["activeRevision"]
    assert len(namespace.list("jobs", trains)) == 2
