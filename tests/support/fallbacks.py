"""Resources with `rollout.fallback: lastGood` whose run fails, and what they show."""

from __future__ import annotations

from typing import Any

from model_cluster import EARLIER_RUN, ModelCluster, model_deployment

SEARCH = "churn-lastgood"
LAST_GOOD = {"rollout": {"fallback": "lastGood"}}


def applied(**spec: Any) -> ModelCluster:
    """A resource that was made a moment ago; its Job runs."""
    cluster = ModelCluster(model_deployment(**{**LAST_GOOD, **spec}))
    cluster.settle()
    return cluster


def failed(**spec: Any) -> ModelCluster:
    """Its run has failed."""
    cluster = applied(**spec)
    cluster.fail()
    cluster.settle()
    return cluster


def find(cluster: ModelCluster, **result: Any) -> None:
    """The search finds what an earlier resource of the name has published."""
    published = {
        "run_id": EARLIER_RUN,
        "directory": "models/earlier",
        "model_version": "0.9",
        "metrics": {"accuracy": 0.8},
    }
    cluster.succeed(SEARCH, **{**published, **result})
    cluster.settle()


def states(cluster: ModelCluster) -> dict[str, str]:
    types = ("Ready", "Serving", "PipelineSucceeded", "ModelLoaded", "Stalled", "Reconciling")
    return {type_: cluster.condition(type_).get("status", "") for type_ in types}


def served(cluster: ModelCluster) -> str:
    """Directory that the pods have mounted; empty when there is no Deployment."""
    if ("Deployment", "churn") not in cluster.objects:
        return ""
    (container,) = cluster.get("Deployment")["spec"]["template"]["spec"]["containers"]
    return str(container["volumeMounts"][0]["subPath"])


def arguments(cluster: ModelCluster) -> list[str]:
    (container,) = cluster.get("Job", SEARCH)["spec"]["template"]["spec"]["containers"]
    return list(container["args"])


def image(cluster: ModelCluster, kind: str, name: str) -> str:
    return str(cluster.get(kind, name)["spec"]["template"]["spec"]["containers"][0]["image"])
