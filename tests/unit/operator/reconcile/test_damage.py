"""A directory that was changed after it was published: trained again into a new one, or an earlier revision serves."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops.contract import LoadFailure
from easy_mlops_operator.reconcile import Delete
from fallbacks import SEARCH, served
from model_cluster import ModelCluster, Pass, model_deployment

CHANGED = LoadFailure("DigestMismatch", "model.joblib was changed").encode()
DIGESTS = [character * 64 for character in "bcdef0123"]


def healthy(**spec: Any) -> ModelCluster:
    cluster = ModelCluster(model_deployment(**spec))
    cluster.train()
    return cluster


def damage(cluster: ModelCluster) -> None:
    """A file is changed, and the pods that load it again say so."""
    for pod in cluster.scoring_pods():
        cluster.end_pod(pod, 1, CHANGED)
    cluster.count_pods()


def trained_again(cluster: ModelCluster, digest: str) -> None:
    cluster.succeed(directory=f"models/{digest[0]}", digest=digest)
    cluster.settle()


def passes(cluster: ModelCluster, count: int = 4) -> None:
    """Passes while the kubelet restarts the pods of the damaged revision without success."""
    for _ in range(count):
        cluster.tick()


def test_a_damaged_target_is_trained_again_under_a_new_run_id() -> None:
    cluster = healthy()
    revision = cluster.status["targetRevision"]
    run = cluster.run_id(revision)
    damage(cluster)
    cluster.tick()
    record = cluster.status["revisions"][0]
    assert (record["state"], record["reason"]) == ("Failed", "DigestMismatch")
    assert record["message"] == f"models/{revision} is damaged: model.joblib was changed"
    passes(cluster)
    assert cluster.run_id(revision) == f"{run}-1"
    message = cluster.condition("PipelineSucceeded")["message"]
    assert message == (
        f"Job {revision} was created; it replaces models/{revision}, which is damaged and is kept as it is"
    )
    assert cluster.condition("Reconciling")["reason"] == "Running"
    assert not cluster.condition("Stalled")
    trained_again(cluster, DIGESTS[0])
    assert served(cluster) == "models/b"
    assert cluster.condition("Ready")["status"] == "True"
    record = cluster.status["revisions"][0]
    assert (record["state"], record["directory"]) == ("Succeeded", "models/b")
    assert [text.partition("=")[0] for text in record["damaged"]] == [f"models/{revision}"]
    assert cluster.tick() == Pass()


def test_pods_of_the_damaged_directory_say_nothing_about_the_new_one() -> None:
    cluster = healthy()
    damage(cluster)
    passes(cluster)
    cluster.succeed(directory="models/b", digest=DIGESTS[0])
    passes(cluster)
    assert cluster.status["revisions"][0]["state"] == "Succeeded"
    assert cluster.condition("PipelineSucceeded")["status"] == "True"


def test_pods_that_loaded_it_before_keep_serving() -> None:
    cluster = healthy(serving={"replicas": 2})
    cluster.end_pod(cluster.scoring_pods()[0], 1, CHANGED)
    cluster.count_pods()
    passes(cluster)
    assert cluster.condition("Serving")["status"] == "True"
    assert cluster.condition("Ready")["status"] == "True"
    cluster.remove("Service")
    cluster.tick()
    assert ("Service", "churn") in cluster.objects


def test_damage_again_and_again_is_trained_again_later_and_later_and_then_no_more() -> None:
    cluster = healthy()
    waited = []
    for digest in DIGESTS[:4]:
        damage(cluster)
        cluster.tick()
        while not any(isinstance(action, Delete) for done in cluster.plans[-2:] for action in done.actions):
            requeue_after = cluster.plans[-1].requeue_after
            assert requeue_after is not None
            assert "is trained again at 2026-11-24T1" in cluster.condition("Reconciling")["message"]
            waited.append(requeue_after)
            cluster.tick(seconds=requeue_after)
        passes(cluster)
        trained_again(cluster, digest)
        assert cluster.condition("Ready")["status"] == "True"
    assert [round(seconds, -1) for seconds in waited] == [60, 120, 240]
    damage(cluster)
    cluster.tick()
    stalled = cluster.condition("Stalled")
    assert stalled["reason"] == "DigestMismatch"
    assert "was damaged 5 times and is not trained again: find out what changes files" in stalled["message"]
    assert cluster.tick(seconds=86400) == Pass()
    cluster.change(pipeline={"rerun": "files are no longer changed"})
    cluster.train(directory="models/new", digest=DIGESTS[-1])
    assert cluster.condition("Ready")["status"] == "True"


def test_a_revision_that_was_damaged_can_be_gone_back_to() -> None:
    cluster = healthy()
    first = cluster.status["targetRevision"]
    damage(cluster)
    cluster.tick()
    cluster.change(training={"cv_folds": 3})
    cluster.train(directory="models/second", digest=DIGESTS[0])
    cluster.change(training={})
    cluster.settle()
    assert cluster.status["targetRevision"] == first
    trained_again(cluster, DIGESTS[1])
    assert served(cluster) == "models/c"
    assert cluster.condition("Ready")["status"] == "True"


def test_an_earlier_revision_serves_until_the_damaged_one_is_trained_again() -> None:
    cluster = healthy(rollout={"fallback": "lastGood"})
    first = cluster.status["targetRevision"]
    cluster.change(training={"cv_folds": 3})
    cluster.train(directory="models/second", digest=DIGESTS[0])
    damage(cluster)
    passes(cluster)
    assert ("Job", SEARCH) in cluster.objects
    cluster.succeed(SEARCH, run_id=f"{first}-0f0e0d0c", directory=f"models/{first}", digest="a" * 64)
    cluster.settle()
    assert served(cluster) == f"models/{first}"
    assert cluster.condition("Serving")["status"] == "True"
    assert cluster.condition("Ready")["status"] == "False"
    trained_again(cluster, DIGESTS[1])
    assert served(cluster) == "models/c"
    assert cluster.condition("Ready")["status"] == "True"
    assert ("Job", SEARCH) not in cluster.objects


@pytest.mark.parametrize("fails", [False, True])
def test_a_search_is_not_needed_while_pods_serve(fails: bool) -> None:
    cluster = healthy(rollout={"fallback": "lastGood"}, serving={"replicas": 2})
    cluster.end_pod(cluster.scoring_pods()[0], 1, CHANGED)
    cluster.count_pods()
    passes(cluster)
    if fails:
        cluster.fail()
        passes(cluster)
    assert ("Job", SEARCH) not in cluster.objects


def test_a_directory_that_was_damaged_since_the_search_is_searched_for_again() -> None:
    cluster = healthy(rollout={"fallback": "lastGood"})
    first = cluster.status["targetRevision"]
    cluster.change(training={"cv_folds": 3})
    cluster.train(directory="models/second", digest=DIGESTS[0])
    damage(cluster)
    passes(cluster)
    cluster.succeed(SEARCH, run_id=f"{first}-0f0e0d0c", directory=f"models/{first}", digest="a" * 64)
    cluster.settle()
    search = cluster.get("Job", SEARCH)["metadata"]["uid"]
    damage(cluster)
    passes(cluster)
    assert cluster.get("Job", SEARCH)["metadata"]["uid"] != search
    arguments = cluster.get("Job", SEARCH)["spec"]["template"]["spec"]["containers"][0]["args"]
    assert f"models/{first}={'a' * 64}" in arguments
