"""What a ModelDeployment goes through, by name: each leads to the status that the operator gives it there."""

from __future__ import annotations

from collections.abc import Callable

from easy_mlops_operator.api.names import search_name
from easy_mlops_operator.reconcile import Source
from model_cluster import EARLIER_RUN, ModelCluster, model_deployment


def just_applied() -> ModelCluster:
    return ModelCluster()


def working() -> ModelCluster:
    cluster = ModelCluster()
    cluster.settle()
    return cluster


def healthy() -> ModelCluster:
    cluster = ModelCluster()
    cluster.train()
    return cluster


def changed() -> ModelCluster:
    """The spec is newer than what the operator has seen."""
    cluster = healthy()
    cluster.change(training={"cv_folds": 3})
    return cluster


def updating() -> ModelCluster:
    cluster = changed()
    cluster.settle()
    return cluster


def bad_spec() -> ModelCluster:
    cluster = healthy()
    cluster.change(deployment={"steps": ["nope"]})
    cluster.settle()
    return cluster


def failed() -> ModelCluster:
    cluster = working()
    cluster.fail()
    cluster.settle()
    return cluster


def failed_update() -> ModelCluster:
    cluster = updating()
    cluster.fail()
    cluster.settle()
    return cluster


def waiting_for_data() -> ModelCluster:
    cluster = ModelCluster(
        model_deployment(data={"uri": "pvc://a/b"}), source=Source("missing", "claim 'a' does not exist")
    )
    cluster.settle()
    return cluster


def name_taken() -> ModelCluster:
    cluster = ModelCluster()
    cluster.make("Service", cluster.name)
    cluster.settle()
    return cluster


def refused() -> ModelCluster:
    cluster = ModelCluster(refuses="Job")
    cluster.settle()
    return cluster


def pods_lost() -> ModelCluster:
    cluster = healthy()
    for pod in cluster.scoring_pods():
        cluster.remove("Pod", pod["metadata"]["name"])
    cluster.roll_out(ready=False)
    cluster.tick()
    return cluster


def rule_firing() -> ModelCluster:
    cluster = ModelCluster()
    cluster.train(metrics={"accuracy": 0.1})
    return cluster


def scaled_to_zero() -> ModelCluster:
    cluster = ModelCluster(model_deployment(serving={"replicas": 0}))
    cluster.train()
    return cluster


def suspended() -> ModelCluster:
    """From the beginning, so that there is nothing to serve."""
    cluster = ModelCluster(model_deployment(suspend=True))
    cluster.settle()
    return cluster


def suspended_while_serving() -> ModelCluster:
    cluster = healthy()
    cluster.change(suspend=True)
    cluster.settle()
    return cluster


def falling_back() -> ModelCluster:
    """What an earlier resource has published on the volume serves, since the run failed."""
    cluster = ModelCluster(model_deployment(rollout={"fallback": "lastGood"}))
    cluster.settle()
    cluster.fail()
    cluster.settle()
    cluster.succeed(search_name(cluster.name), run_id=EARLIER_RUN)
    cluster.settle()
    return cluster


def fixed_while_falling_back() -> ModelCluster:
    """The next revision is on its way."""
    cluster = falling_back()
    cluster.change(training={"cv_folds": 3})
    cluster.settle()
    return cluster


SITUATIONS: dict[str, Callable[[], ModelCluster]] = {
    make.__name__: make
    for make in (
        just_applied,
        working,
        healthy,
        changed,
        updating,
        bad_spec,
        failed,
        failed_update,
        waiting_for_data,
        name_taken,
        refused,
        pods_lost,
        rule_firing,
        scaled_to_zero,
        suspended,
        suspended_while_serving,
        falling_back,
        fixed_while_falling_back,
    )
}
