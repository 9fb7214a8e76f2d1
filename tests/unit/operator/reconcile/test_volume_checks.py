"""The claim: created first, repaired, never shrunk, never deleted, and taken over from an earlier resource."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops_operator.reconcile import Apply, Delete
from job_states import UNSCHEDULABLE
from model_cluster import ModelCluster, Pass, model_deployment

CLAIM = "PersistentVolumeClaim"


def with_existing(**claim: Any) -> ModelCluster:
    cluster = ModelCluster(model_deployment(storage={"existingClaim": "mine"}))
    made = cluster.make(CLAIM, "mine")
    made["spec"] = {"accessModes": ["ReadWriteMany"], **claim.pop("spec", {})}
    made["status"] = {"phase": "Bound"}
    made["metadata"] |= claim
    return cluster


def test_an_existing_claim_is_used_and_never_applied() -> None:
    cluster = with_existing()
    cluster.train()
    assert (CLAIM, "churn") not in cluster.objects
    volumes = cluster.get("Deployment")["spec"]["template"]["spec"]["volumes"]
    assert volumes[0]["persistentVolumeClaim"]["claimName"] == "mine"
    assert "affinity" not in cluster.get("Deployment")["spec"]["template"]["spec"]


def test_pods_follow_the_mode_of_an_existing_claim() -> None:
    cluster = with_existing(spec={"accessModes": ["ReadWriteOnce"]})
    cluster.train()
    assert "affinity" in cluster.get("Deployment")["spec"]["template"]["spec"]


def test_an_existing_claim_that_is_not_there_is_waited_for() -> None:
    cluster = ModelCluster(model_deployment(storage={"existingClaim": "mine"}))
    plan = cluster.tick()
    assert plan.actions == ()
    assert plan.requeue_after == 5
    condition = cluster.condition("PipelineSucceeded")
    assert (condition["status"], condition["reason"]) == ("False", "VolumeUnavailable")
    assert "'mine'" in condition["message"]
    assert cluster.condition("Reconciling")["reason"] == "VolumeUnavailable"
    cluster.make(CLAIM, "mine")["spec"] = {"accessModes": ["ReadWriteOnce"]}
    cluster.train()
    assert cluster.condition("Ready")["status"] == "True"


def test_an_existing_claim_for_one_pod_only_is_refused() -> None:
    cluster = with_existing(spec={"accessModes": ["ReadWriteOncePod"]})
    cluster.settle()
    assert cluster.condition("Stalled")["reason"] == "VolumeUnavailable"
    assert "ReadWriteOncePod" in cluster.condition("Stalled")["message"]


@pytest.mark.parametrize("make", [ModelCluster, with_existing])
def test_a_claim_that_lost_its_volume_stalls(make: Any) -> None:
    cluster = make()
    cluster.settle()
    name = "mine" if make is with_existing else "churn"
    cluster.get(CLAIM, name)["status"] = {"phase": "Lost"}
    cluster.settle()
    assert cluster.condition("Stalled")["reason"] == "VolumeUnavailable"
    assert cluster.condition("Ready")["reason"] == "PipelineFailed"


def test_nothing_is_begun_on_a_claim_that_is_being_deleted() -> None:
    cluster = ModelCluster()
    cluster.tick()
    cluster.get(CLAIM)["metadata"]["deletionTimestamp"] = "2026-11-24T10:00:00Z"
    plan = cluster.tick()
    assert plan.actions == ()
    assert cluster.condition("Reconciling")["reason"] == "VolumeUnavailable"


def test_what_serves_from_a_claim_that_is_being_deleted_goes_on() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.get(CLAIM)["metadata"]["deletionTimestamp"] = "2026-11-24T10:00:00Z"
    job = cluster.status["targetRevision"]
    assert [(item.kind, item.name) for item in cluster.tick().actions if isinstance(item, Delete)] == [("Job", job)]
    assert cluster.condition("Ready")["status"] == "True"
    assert cluster.condition("Reconciling")["reason"] == "VolumeUnavailable"
    assert "claim churn is being deleted; it goes once no pod uses it" in cluster.condition("Ready")["message"]
    assert cluster.tick() == Pass()


def test_a_claim_without_a_volume_is_made_again_with_another_storage_class() -> None:
    cluster = ModelCluster(model_deployment(storage={"storageClassName": "gold"}))
    cluster.settle()
    before = cluster.get(CLAIM)["metadata"]["uid"]
    assert cluster.status["storage"] == {"claim": "churn", "size": "1Gi", "bound": False}
    cluster.change(storage={"storageClassName": "standard"})
    cluster.train()
    claim = cluster.get(CLAIM)
    assert claim["metadata"]["uid"] != before
    assert claim["spec"]["storageClassName"] == "standard"
    assert cluster.condition("Ready")["status"] == "True"
    assert cluster.status["storage"]["bound"] is True


def test_why_a_claim_has_no_volume_is_said() -> None:
    cluster = ModelCluster(model_deployment(storage={"storageClassName": "gold"}))
    cluster.settle()
    cluster.job_pod()["status"] = UNSCHEDULABLE
    cluster.claim_problem = 'storageclass.storage.k8s.io "gold" not found'
    cluster.tick()
    condition = cluster.condition("PipelineSucceeded")
    assert (condition["status"], condition["reason"]) == ("False", "VolumeUnavailable")
    assert condition["message"] == 'claim churn has no volume: storageclass.storage.k8s.io "gold" not found'
    assert cluster.status["phase"] == "Waiting"


def test_a_claim_that_is_gone_is_made_again_and_the_model_trained_again() -> None:
    cluster = ModelCluster()
    cluster.train()
    revision, job = cluster.status["targetRevision"], cluster.get("Job", cluster.status["targetRevision"])
    cluster.remove(CLAIM)
    cluster.settle()
    assert cluster.get("Job", revision)["metadata"]["uid"] != job["metadata"]["uid"]
    assert cluster.condition("Reconciling")["reason"] == "Running"
    cluster.succeed(directory="models/again")
    cluster.settle()
    assert cluster.status["revisions"][0]["directory"] == "models/again"
    assert cluster.condition("Ready")["status"] == "True"


def test_a_claim_grows_with_the_spec() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.change(storage={"size": "2Gi"})
    cluster.settle()
    assert cluster.get(CLAIM)["spec"]["resources"]["requests"]["storage"] == "2Gi"


@pytest.mark.parametrize(("retain", "owned"), [(True, False), (False, True)])
def test_a_claim_is_owned_unless_it_is_retained(retain: bool, owned: bool) -> None:
    cluster = ModelCluster(model_deployment(storage={"retain": not retain}))
    cluster.train()
    cluster.change(storage={"retain": retain})
    cluster.settle()
    assert ("ownerReferences" in cluster.get(CLAIM)["metadata"]) is owned


def test_a_retained_claim_is_taken_over_by_a_new_resource_of_the_name() -> None:
    first = ModelCluster(model_deployment(storage={"size": "5Gi"}))
    first.train()
    second = ModelCluster(model_deployment(uid="22222222-3333"))
    second.objects[CLAIM, "churn"] = claim = first.get(CLAIM)
    second.train(directory="models/other")
    assert second.get(CLAIM)["metadata"]["uid"] == claim["metadata"]["uid"]
    assert second.get(CLAIM)["spec"]["resources"]["requests"]["storage"] == "5Gi"
    assert second.condition("Ready")["status"] == "True"


@pytest.mark.parametrize("storage", [{"storageClassName": "fast"}, {"accessModes": ["ReadWriteMany"]}])
def test_a_retained_claim_of_another_kind_is_reported(storage: dict[str, Any]) -> None:
    first = ModelCluster()
    first.train()
    second = ModelCluster(model_deployment(uid="22222222-3333", storage=storage))
    second.objects[CLAIM, "churn"] = first.get(CLAIM)
    plan = second.tick()
    assert plan.actions == ()
    stalled = second.condition("Stalled")
    assert stalled["reason"] == "VolumeUnavailable"
    assert "cannot be changed" in stalled["message"]


def test_drift_of_a_claim_is_repaired() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.get(CLAIM)["metadata"]["labels"]["app.kubernetes.io/name"] = "other"
    plan = cluster.tick()
    assert [action.manifest["kind"] for action in plan.actions if isinstance(action, Apply)] == [CLAIM]


def test_a_retained_claim_keeps_a_class_that_the_new_spec_does_not_name() -> None:
    first = ModelCluster(model_deployment(storage={"storageClassName": "fast"}))
    first.train()
    second = ModelCluster(model_deployment(uid="22222222-3333"))
    second.objects[CLAIM, "churn"] = first.get(CLAIM)
    second.train()
    assert second.get(CLAIM)["spec"]["storageClassName"] == "fast"
    assert second.condition("Ready")["status"] == "True"
    assert second.tick() == Pass()
