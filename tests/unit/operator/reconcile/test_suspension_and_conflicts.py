"""What stops a pass early: a bad spec, a suspended resource, somebody else's object in the way."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops_operator.api.labels import child_labels
from model_cluster import ModelCluster, Pass, model_deployment

BAD = {"steps": ["save_modle"]}


def test_a_bad_spec_creates_nothing_and_stalls() -> None:
    cluster = ModelCluster(model_deployment(deployment=BAD))
    cluster.settle()
    assert not cluster.objects
    accepted = cluster.condition("SpecAccepted")
    assert (accepted["status"], accepted["reason"]) == ("False", "UnknownStep")
    assert accepted["message"].startswith("spec.deployment.steps[0]: unknown step 'save_modle'")
    assert cluster.condition("Ready")["reason"] == "InvalidSpec"
    assert cluster.condition("Stalled")["reason"] == "UnknownStep"
    assert cluster.status["observedGeneration"] == 1
    assert cluster.status["phase"] == "Failed"


def test_all_that_is_wrong_is_in_the_message() -> None:
    cluster = ModelCluster(model_deployment(deployment=BAD, preprocessing={"steps": ["nope"]}))
    cluster.settle()
    message = cluster.condition("SpecAccepted")["message"]
    assert "spec.preprocessing.steps[0]" in message
    assert "spec.deployment.steps[0]" in message


def test_what_serves_goes_on_beside_a_bad_spec() -> None:
    cluster = ModelCluster()
    cluster.train()
    before = cluster.status
    cluster.change(deployment=BAD)
    cluster.settle()
    assert cluster.condition("Serving")["status"] == "True"
    assert cluster.condition("Ready")["status"] == "False"
    for key in ("url", "activeRevision", "targetRevision", "revisions", "evaluations", "observability", "pipeline"):
        assert cluster.status[key] == before[key]
    assert cluster.condition("PipelineSucceeded")["status"] == "True"
    assert cluster.condition("ThresholdsMet")["status"] == "True"


def test_a_run_that_ends_beside_a_bad_spec_is_not_forgotten() -> None:
    cluster = ModelCluster()
    cluster.settle()
    cluster.change(deployment=BAD)
    cluster.settle()
    cluster.succeed()
    cluster.settle()
    assert cluster.status["revisions"][0]["state"] == "Succeeded"
    assert ("Deployment", "churn") not in cluster.objects
    cluster.change(deployment=None)
    cluster.settle()
    assert cluster.condition("Ready")["status"] == "True"
    assert len(cluster.all("Job")) == 1


def test_a_corrected_spec_goes_on() -> None:
    cluster = ModelCluster(model_deployment(deployment=BAD))
    cluster.settle()
    cluster.change(deployment=None)
    cluster.train()
    assert cluster.condition("SpecAccepted")["status"] == "True"
    assert not cluster.condition("Stalled")


def test_a_suspended_resource_creates_nothing() -> None:
    cluster = ModelCluster(model_deployment(suspend=True))
    cluster.settle()
    assert not cluster.objects
    assert (cluster.condition("Ready")["status"], cluster.condition("Ready")["reason"]) == ("False", "Suspended")
    assert not cluster.condition("Reconciling")
    assert not cluster.condition("Stalled")
    assert cluster.status["phase"] == "Suspended"
    cluster.change(suspend=False)
    cluster.train()
    assert cluster.condition("Ready")["status"] == "True"


def test_suspending_leaves_ready_as_it_is() -> None:
    cluster = ModelCluster()
    cluster.train()
    moved = cluster.condition("Ready")["lastTransitionTime"]
    cluster.change(suspend=True, training={"cv_folds": 3})
    cluster.settle()
    assert cluster.condition("Ready")["status"] == "True"
    assert cluster.condition("Ready")["lastTransitionTime"] == moved
    assert cluster.condition("Serving")["status"] == "True"
    assert len(cluster.all("Job")) == 1


def test_what_stops_answering_while_suspended_is_not_ready() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.change(suspend=True)
    cluster.settle()
    for pod in cluster.scoring_pods():
        cluster.remove("Pod", pod["metadata"]["name"])
    cluster.tick()
    assert cluster.condition("Ready")["status"] == "False"
    assert cluster.condition("Serving")["status"] == "False"


def test_a_run_that_ends_while_suspended_is_recorded_and_rolled_out_later() -> None:
    cluster = ModelCluster()
    cluster.settle()
    cluster.change(suspend=True)
    cluster.settle()
    cluster.succeed()
    cluster.settle()
    assert cluster.status["revisions"][0]["state"] == "Succeeded"
    assert ("Deployment", "churn") not in cluster.objects
    cluster.change(suspend=False)
    cluster.settle()
    assert cluster.condition("Ready")["status"] == "True"


def test_changed_children_are_not_repaired_while_suspended() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.change(suspend=True)
    cluster.settle()
    cluster.get("Service")["spec"]["ports"][0]["port"] = 1
    assert cluster.tick().actions == ()
    assert cluster.condition("Serving")["status"] == "False"
    assert cluster.condition("Serving")["message"] == "the Service has port 1 instead of 8080"
    assert cluster.tick() == Pass()


def test_rules_are_judged_while_suspended() -> None:
    cluster = ModelCluster()
    cluster.train()
    cluster.change(suspend=True, observability={"alert_threshold": 0.99})
    cluster.settle()
    assert cluster.condition("ThresholdsMet")["reason"] == "RuleFiring"


@pytest.mark.parametrize("kind", ["Deployment", "Service", "PersistentVolumeClaim"])
def test_somebody_elses_object_is_never_touched(kind: str) -> None:
    cluster = ModelCluster()
    theirs = dict(cluster.make(kind, "churn"))
    cluster.settle()
    assert cluster.objects[kind, "churn"] == theirs
    stalled = cluster.condition("Stalled")
    assert stalled["reason"] == cluster.condition("Ready")["reason"] == "NameConflict"
    assert f"{kind} 'churn'" in stalled["message"]
    del cluster.objects[kind, "churn"]
    cluster.train()
    assert cluster.condition("Ready")["status"] == "True"


@pytest.mark.parametrize("kind", ["Deployment", "HorizontalPodAutoscaler"])
def test_somebody_elses_object_does_not_stop_the_repair_of_others(kind: str) -> None:
    cluster = ModelCluster(model_deployment(serving={"autoscaling": {"maxReplicas": 2}}))
    cluster.train()
    cluster.get(kind)["metadata"] |= {"ownerReferences": [], "labels": {}}
    cluster.remove("Service")
    cluster.settle()
    assert ("Service", "churn") in cluster.objects
    assert cluster.condition("Stalled")["reason"] == "NameConflict"


@pytest.mark.parametrize("kind", ["Deployment", "Service", "NetworkPolicy"])
def test_a_child_that_has_lost_its_owner_reference_is_adopted_again(kind: str) -> None:
    cluster = ModelCluster()
    cluster.train()
    child = cluster.all(kind)[0]
    owners = child["metadata"].pop("ownerReferences")
    cluster.settle()
    assert not cluster.condition("Stalled")
    assert cluster.get(kind, child["metadata"]["name"])["metadata"]["ownerReferences"] == owners


def test_the_advice_about_a_claim_is_not_to_delete_it() -> None:
    cluster = ModelCluster()
    cluster.make("PersistentVolumeClaim", "churn")
    cluster.settle()
    assert "set storage.existingClaim to use it" in cluster.condition("Stalled")["message"]


@pytest.mark.parametrize("kind", ["Job", "ConfigMap"])
def test_a_taken_name_of_the_targets_run_is_reported(kind: str) -> None:
    cluster = ModelCluster()
    cluster.tick()
    cluster.make(kind, cluster.status["targetRevision"])
    cluster.tick()
    assert cluster.condition("Stalled")["reason"] == "NameConflict"


def earlier(kind: str) -> dict[str, Any]:
    owner = {"kind": "ModelDeployment", "name": "churn", "uid": "gone", "controller": True}
    return {"ownerReferences": [owner], "labels": child_labels("churn", "serving")}


@pytest.mark.parametrize("metadata", [earlier("Deployment"), {"deletionTimestamp": "2026-11-24T10:00:00Z"}])
def test_what_is_being_deleted_is_waited_for(metadata: dict[str, Any]) -> None:
    cluster = ModelCluster()
    cluster.make("Deployment", "churn", **metadata)
    cluster.settle()
    assert cluster.condition("Reconciling")["reason"] == "NameConflict"
    assert not cluster.condition("Stalled")


def test_unrelated_objects_do_not_matter() -> None:
    cluster = ModelCluster()
    cluster.make("Job", "churn-of-an-earlier-resource", **earlier("Job"))
    cluster.train()
    assert cluster.condition("Ready")["status"] == "True"


def test_an_existing_claim_leaves_the_name_of_our_own_free() -> None:
    cluster = ModelCluster(model_deployment(storage={"existingClaim": "mine"}))
    cluster.make("PersistentVolumeClaim", "churn")
    cluster.make("PersistentVolumeClaim", "mine")["spec"] = {"accessModes": ["ReadWriteOnce"]}
    cluster.train()
    assert cluster.condition("Ready")["status"] == "True"
