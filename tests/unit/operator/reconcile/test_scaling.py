"""One at a time sets the number of scoring pods, and it never falls while that one changes."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops_operator.api.names import FIELD_MANAGER
from easy_mlops_operator.reconcile import Apply, Delete
from model_cluster import ModelCluster, Pass, model_deployment

AUTOSCALING = {"minReplicas": 2, "maxReplicas": 4}


def serving(**spec: Any) -> ModelCluster:
    cluster = ModelCluster(model_deployment(**spec))
    cluster.train()
    return cluster


def replicas(cluster: ModelCluster) -> int:
    return int(cluster.get("Deployment")["spec"]["replicas"])


def has(cluster: ModelCluster, kind: str) -> bool:
    return (kind, "churn") in cluster.objects


def test_an_autoscaler_is_made_with_the_deployment_which_has_no_number() -> None:
    cluster = serving(serving={"autoscaling": AUTOSCALING})
    assert cluster.get("HorizontalPodAutoscaler")["spec"]["minReplicas"] == 2
    made = [a.manifest for plan in cluster.plans for a in plan.actions if isinstance(a, Apply)]
    assert not [m for m in made if m["kind"] == "Deployment" and "replicas" in m["spec"]]
    assert cluster.tick() == Pass()


def test_what_the_autoscaler_sets_is_never_fought() -> None:
    cluster = serving(serving={"autoscaling": AUTOSCALING})
    for number in (2, 4, 3):
        cluster.scale(number)
        cluster.settle()
        assert replicas(cluster) == number
    assert cluster.status["serving"]["desiredReplicas"] == 3
    cluster.change(training={"cv_folds": 3})
    cluster.train()
    assert replicas(cluster) == 3


@pytest.mark.parametrize(("before", "after"), [(3, 3), (1, 2), (9, 4), (0, 2)])
def test_the_number_of_pods_passes_to_the_autoscaler_without_falling(before: int, after: int) -> None:
    cluster = serving(serving={"replicas": before})
    cluster.change(serving={"autoscaling": AUTOSCALING})
    plan = cluster.tick()
    first = plan.actions[0]
    assert isinstance(first, Apply)
    assert first.manager != FIELD_MANAGER
    assert replicas(cluster) == after
    cluster.settle()
    assert replicas(cluster) == after
    assert cluster.condition("Ready")["status"] == "True"


def test_without_autoscaling_the_autoscaler_goes_before_the_number_is_set() -> None:
    cluster = serving(serving={"autoscaling": AUTOSCALING})
    cluster.scale(4)
    cluster.settle()
    cluster.change(serving={"replicas": 3})
    actions = cluster.tick().actions
    assert [(type(a), a.kind if isinstance(a, Delete) else a.manifest["kind"]) for a in actions] == [
        (Delete, "HorizontalPodAutoscaler"),
        (Apply, "Deployment"),
    ]
    cluster.settle()
    assert (replicas(cluster), has(cluster, "HorizontalPodAutoscaler")) == (3, False)


def test_an_autoscaler_that_somebody_changed_or_deleted_is_put_right() -> None:
    cluster = serving(serving={"autoscaling": AUTOSCALING})
    cluster.scale(4)
    cluster.get("HorizontalPodAutoscaler")["spec"]["maxReplicas"] = 100
    cluster.settle()
    assert cluster.get("HorizontalPodAutoscaler")["spec"]["maxReplicas"] == 4
    cluster.remove("HorizontalPodAutoscaler")
    cluster.settle()
    assert has(cluster, "HorizontalPodAutoscaler")
    assert replicas(cluster) == 4


def test_status_says_why_an_autoscaler_cannot_work() -> None:
    cluster = serving(serving={"autoscaling": AUTOSCALING})
    assert "autoscaler" not in cluster.status["serving"]
    cause = {"reason": "FailedGetResourceMetric", "message": "no metrics"}
    active = {"type": "ScalingActive", "status": "False", **cause}
    cluster.get("HorizontalPodAutoscaler")["status"] = {"conditions": [active]}
    cluster.settle()
    assert cluster.status["serving"]["autoscaler"] == "FailedGetResourceMetric: no metrics"
    active["status"] = "True"
    cluster.settle()
    assert "autoscaler" not in cluster.status["serving"]


SHARED = {"accessModes": ["ReadWriteMany"]}


@pytest.mark.parametrize(
    ("section", "storage", "budget"),
    [
        ({"replicas": 2}, SHARED, True),
        ({"autoscaling": {"minReplicas": 2, "maxReplicas": 3}}, SHARED, True),
        ({"autoscaling": {"maxReplicas": 3}}, SHARED, False),
        ({"replicas": 1}, SHARED, False),
        ({}, SHARED, False),
        ({"replicas": 2}, {}, False),  # all on one node: a budget would keep it from ever being drained
    ],
)
def test_several_pods_on_several_nodes_have_a_budget(
    section: dict[str, Any], storage: dict[str, Any], budget: bool
) -> None:
    assert has(serving(serving=section, storage=storage), "PodDisruptionBudget") is budget


def test_the_budget_comes_and_goes_with_the_number_of_pods() -> None:
    cluster = serving(storage=SHARED)
    cluster.scale(2)
    cluster.settle()
    assert has(cluster, "PodDisruptionBudget")
    cluster.change(serving={"replicas": 1})
    cluster.settle()
    assert not has(cluster, "PodDisruptionBudget")


@pytest.mark.parametrize("name", ["churn-serving", "churn-pipeline"])
def test_a_network_policy_is_put_right_and_follows_the_port(name: str) -> None:
    cluster = serving()
    cluster.get("NetworkPolicy", name)["spec"]["podSelector"] = {}
    cluster.settle()
    assert cluster.get("NetworkPolicy", name)["spec"]["podSelector"] != {}
    cluster.remove("NetworkPolicy", name)
    cluster.change(serving={"port": 9000})
    cluster.settle()
    ports = cluster.get("NetworkPolicy", "churn-serving")["spec"]["ingress"][0]["ports"]
    assert ports == [{"protocol": "TCP", "port": 9000}]


@pytest.mark.parametrize("kind", ["NetworkPolicy", "HorizontalPodAutoscaler", "PodDisruptionBudget"])
def test_somebody_elses_object_is_a_name_conflict(kind: str) -> None:
    cluster = ModelCluster(model_deployment(serving={"autoscaling": AUTOSCALING}, storage=SHARED))
    cluster.make(kind, "churn-serving" if kind == "NetworkPolicy" else "churn")
    cluster.tick()
    cluster.settle()
    assert cluster.condition("Stalled")["reason"] == "NameConflict"
    assert kind in cluster.condition("Stalled")["message"]


def test_pods_keep_the_form_they_have_until_they_serve_another_revision() -> None:
    cluster = serving()
    deployment = cluster.get("Deployment")["spec"]["template"]
    deployment["metadata"]["annotations"]["easymlops.dev/template"] = "1"
    cluster.settle()
    template = cluster.get("Deployment")["spec"]["template"]
    assert template["metadata"]["annotations"]["easymlops.dev/template"] == "1"
    assert "lifecycle" not in template["spec"]["containers"][0]
    cluster.change(training={"cv_folds": 3})
    cluster.train()
    assert "lifecycle" in cluster.get("Deployment")["spec"]["template"]["spec"]["containers"][0]


@pytest.mark.parametrize(
    ("section", "reason", "field"),
    [
        ({"replicas": 2, "autoscaling": {"maxReplicas": 2}}, "ConflictingKeys", "spec.serving.autoscaling:"),
        (
            {"autoscaling": {"minReplicas": 3, "maxReplicas": 2}},
            "InvalidValue",
            "spec.serving.autoscaling.minRep",
        ),
        ({"autoscaling": {}}, "InvalidValue", "spec.serving.autoscaling.maxRep"),
    ],
)
def test_conflicting_or_impossible_replicas_are_refused(section: dict[str, Any], reason: str, field: str) -> None:
    cluster = ModelCluster(model_deployment(serving=section))
    cluster.settle()
    assert cluster.condition("SpecAccepted")["reason"] == reason
    assert field in cluster.condition("SpecAccepted")["message"]
