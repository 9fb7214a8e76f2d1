"""From a resource to a model that answers: what is made, in which order, and what status says meanwhile."""

from __future__ import annotations

from easy_mlops_operator.api.labels import REVISION, label_of
from easy_mlops_operator.reconcile import Apply
from model_cluster import DIGEST, IMAGE, ModelCluster, Pass, model_deployment


def kinds(plan: Pass) -> list[str]:
    return [action.manifest["kind"] if isinstance(action, Apply) else f"-{action.kind}" for action in plan.actions]


def test_claim_then_config_and_job_then_deployment_and_service() -> None:
    cluster = ModelCluster()
    cluster.train()
    made = [kinds(plan) for plan in cluster.plans if plan.actions]
    assert made == [
        ["PersistentVolumeClaim"],
        ["NetworkPolicy", "NetworkPolicy", "ConfigMap", "Job"],
        ["Deployment", "Service"],
    ]


def test_status_says_at_each_stage_what_is_going_on() -> None:
    cluster = ModelCluster()
    cluster.tick()
    assert cluster.status["phase"] == "Waiting"
    assert cluster.condition("Reconciling")["reason"] == "Progressing"
    cluster.tick()
    assert cluster.status["phase"] == "Training"
    assert (cluster.condition("PipelineSucceeded")["status"], cluster.condition("PipelineSucceeded")["reason"]) == (
        "Unknown",
        "Running",
    )
    cluster.succeed()
    cluster.tick()
    assert cluster.status["phase"] == "RollingOut"
    assert cluster.condition("PipelineSucceeded")["reason"] == "Completed"
    assert cluster.condition("ModelLoaded")["status"] == "Unknown"
    cluster.roll_out(ready=False)
    cluster.tick()
    assert cluster.condition("Ready")["status"] == "False"
    cluster.roll_out()
    cluster.settle()
    assert cluster.status["phase"] == "Serving"


def test_a_model_that_answers_is_ready_and_nothing_else_goes_on() -> None:
    cluster = ModelCluster()
    cluster.train()
    truths = {c["type"]: (c["status"], c["reason"]) for c in cluster.status["conditions"]}
    assert truths == {
        "Ready": ("True", "Serving"),
        "UpToDate": ("True", "RolledOut"),
        "Serving": ("True", "EndpointsAvailable"),
        "SpecAccepted": ("True", "Valid"),
        "PipelineSucceeded": ("True", "Completed"),
        "ModelLoaded": ("True", "Loaded"),
        "ThresholdsMet": ("True", "WithinThresholds"),
    }


def test_facts_of_the_run_are_in_status() -> None:
    cluster = ModelCluster()
    cluster.train(metrics={"accuracy": 0.951123456, "f1_score": 0.9})
    [revision] = cluster.status["revisions"]
    assert revision == {
        "name": cluster.status["targetRevision"],
        "state": "Succeeded",
        "version": "1.0.0",
        "digest": DIGEST,
        "directory": f"models/{revision['name']}",
        "modelType": "random_forest_classifier",
        "image": IMAGE,
        "claim": cluster.get("PersistentVolumeClaim")["metadata"]["uid"],
        "createdAt": revision["createdAt"],
        "finishedAt": revision["finishedAt"],
        "metrics": {"accuracy": "0.951123456", "f1_score": "0.9"},
    }
    pipeline = cluster.status["pipeline"]
    assert pipeline["job"] == revision["name"]
    assert pipeline["artifacts"] == {"directory": revision["directory"], "digest": DIGEST}
    assert pipeline["steps"] == [
        {"name": "load", "state": "Succeeded", "seconds": "0.5"},
        {"name": "train", "state": "Succeeded", "seconds": "1.25"},
    ]


def test_status_tells_where_it_answers_and_with_how_many_pods() -> None:
    cluster = ModelCluster(model_deployment(serving={"replicas": 2, "port": 9000}))
    cluster.train()
    assert cluster.status["url"] == "http://churn.shop.svc:9000"
    assert cluster.status["activeRevision"] == cluster.status["targetRevision"]
    assert cluster.status["serving"] == {
        "replicas": 2,
        "desiredReplicas": 2,
        "readyReplicas": 2,
        "ready": "2/2",
        "selector": "app.kubernetes.io/component=serving,easymlops.dev/modeldeployment=churn",
        "version": "1.0.0",
        "modelType": "random_forest_classifier",
    }


def test_the_pods_serve_what_the_run_published() -> None:
    cluster = ModelCluster()
    cluster.train()
    template = cluster.get("Deployment")["spec"]["template"]
    assert label_of(template, REVISION) == cluster.status["targetRevision"]
    container = template["spec"]["containers"][0]
    assert container["image"] == IMAGE
    assert DIGEST in container["args"]
    assert container["volumeMounts"][0]["subPath"] == cluster.status["revisions"][0]["directory"]


def test_the_image_of_the_spec_trains_and_serves() -> None:
    cluster = ModelCluster(model_deployment(pipeline={"image": "mine:2"}))
    cluster.train()
    job = cluster.get("Job", cluster.status["targetRevision"])
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == "mine:2"
    assert cluster.get("Deployment")["spec"]["template"]["spec"]["containers"][0]["image"] == "mine:2"


def test_a_converged_resource_has_no_timed_requeue() -> None:
    cluster = ModelCluster()
    cluster.train()
    assert cluster.tick() == Pass()


def test_time_alone_changes_nothing() -> None:
    cluster = ModelCluster()
    cluster.train()
    assert cluster.tick(seconds=86400) == Pass()


def test_the_operator_never_touches_spec_or_metadata_of_the_resource() -> None:
    cluster = ModelCluster()
    cluster.train()
    applied = {a.manifest["kind"] for plan in cluster.plans for a in plan.actions if isinstance(a, Apply)}
    assert "ModelDeployment" not in applied


def test_labels_and_annotations_of_the_resource_are_not_copied() -> None:
    cluster = ModelCluster()
    cluster.resource["metadata"] |= {"labels": {"team": "x"}, "annotations": {"note": "y"}}
    cluster.train()
    for obj in cluster.objects.values():
        assert "team" not in obj["metadata"].get("labels", {})
        assert "note" not in obj["metadata"].get("annotations", {})
