"""Artifacts that nobody can go back to are removed from the volume, and never one that somebody can."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops_operator.api.status import Leftover, Revision
from easy_mlops_operator.reconcile.retention.leftovers import PrunerView, left_over
from model_cluster import ModelCluster, Pass, model_deployment

CLAIM = "claim-uid"


def with_leftovers(**spec: Any) -> tuple[ModelCluster, list[str]]:
    """Three revisions were trained, two are listed."""
    cluster = ModelCluster(model_deployment(revisionHistoryLimit=2, **spec))
    made = []
    for folds in (2, 3, 4):
        cluster.change(training={"cv_folds": folds})
        cluster.train()
        made.append(str(cluster.status["targetRevision"]))
    return cluster, made


def pruned(cluster: ModelCluster) -> list[str]:
    """Directories that the Job removes."""
    (container,) = cluster.get("Job", "churn-prune")["spec"]["template"]["spec"]["containers"]
    return [argument.partition("=")[0] for argument in container["args"][3:]]


def test_what_is_beyond_the_limit_is_removed_by_a_job_and_status_tells() -> None:
    cluster, (first, *_) = with_leftovers()
    assert pruned(cluster) == [f"models/{first}"]
    assert [item["name"] for item in cluster.status["pruning"]["pending"]] == [first]
    assert cluster.condition("Ready")["status"] == "True"
    assert not cluster.condition("Reconciling")
    cluster.end_job("churn-prune", "Complete", "")
    cluster.settle()
    assert "pruning" not in cluster.status
    assert ("Job", "churn-prune") not in cluster.objects
    assert cluster.tick() == Pass()


def test_nothing_is_removed_before_the_status_tells_of_it() -> None:
    """Else an edit in between could go back to what a Job is removing."""
    cluster, (_, second, _) = with_leftovers()
    cluster.end_job("churn-prune", "Complete", "")
    cluster.settle()
    cluster.change(revisionHistoryLimit=1)
    cluster.tick()
    assert ("Job", "churn-prune") not in cluster.objects
    assert [item["name"] for item in cluster.status["pruning"]["pending"]] == [second]
    cluster.tick()
    assert pruned(cluster) == [f"models/{second}"]


def test_nothing_is_removed_while_a_pod_still_serves_it() -> None:
    cluster = ModelCluster(model_deployment(revisionHistoryLimit=1))
    cluster.train()
    first = cluster.status["targetRevision"]
    cluster.change(training={"cv_folds": 3})
    cluster.settle()
    cluster.succeed()
    cluster.tick()
    pod = cluster.scoring_pods()[0]
    pod["metadata"]["deletionTimestamp"] = "2026-11-24T10:00:00Z"
    cluster._pod_of(cluster.get("Deployment"), cluster.get("Deployment")["spec"]["template"], "new", pod["status"])
    cluster.tick()
    cluster.tick()
    assert [item["name"] for item in cluster.status["pruning"]["pending"]] == [first]
    assert ("Job", "churn-prune") not in cluster.objects
    cluster.settle()
    assert pruned(cluster) == [f"models/{first}"]


def test_a_failure_is_reported_and_affects_nothing_else() -> None:
    cluster, (first, *_) = with_leftovers()
    pod = cluster.job_pod("churn-prune")
    cluster.end_pod(pod, 1, "models/x is another deployment")
    cluster.end_job("churn-prune", "Failed", "BackoffLimitExceeded")
    cluster.settle()
    assert cluster.status["pruning"]["message"] == "models/x is another deployment"
    assert cluster.condition("Ready")["status"] == "True"
    assert not cluster.condition("Stalled")
    warnings = [event for plan in cluster.plans for event in plan.events if event.reason == "PruneFailed"]
    assert [(event.type, event.message) for event in warnings] == [("Warning", "models/x is another deployment")]
    assert [item["name"] for item in cluster.status["pruning"]["pending"]] == [first]


def test_it_is_tried_again_when_the_failed_job_has_gone_or_there_is_more_to_remove() -> None:
    cluster, (first, second, _) = with_leftovers()
    cluster.end_job("churn-prune", "Failed", "BackoffLimitExceeded")
    cluster.settle()
    before = cluster.get("Job", "churn-prune")["metadata"]["uid"]
    cluster.remove("Job", "churn-prune")
    cluster.settle()
    assert cluster.get("Job", "churn-prune")["metadata"]["uid"] != before
    cluster.end_job("churn-prune", "Failed", "BackoffLimitExceeded")
    cluster.change(training={"cv_folds": 5})
    cluster.train()
    assert sorted(pruned(cluster)) == sorted([f"models/{first}", f"models/{second}"])


def test_a_revision_that_is_wanted_again_waits_for_the_job_that_removes_it() -> None:
    cluster, (first, *_) = with_leftovers()
    cluster.change(training={"cv_folds": 2})
    cluster.settle()
    assert ("Job", first) not in cluster.objects
    assert "being removed" in cluster.condition("Reconciling")["message"]
    assert cluster.condition("Ready")["status"] == "True"
    cluster.end_job("churn-prune", "Complete", "")
    cluster.settle()
    cluster.succeed()
    cluster.settle()
    assert cluster.status["activeRevision"] == first


def test_a_revision_that_is_wanted_again_is_not_removed_when_no_job_has_begun_to() -> None:
    cluster, (first, *_) = with_leftovers()
    cluster.end_job("churn-prune", "Failed", "BackoffLimitExceeded")
    cluster.change(training={"cv_folds": 2})
    cluster.settle()
    assert first not in [item["name"] for item in cluster.status.get("pruning", {}).get("pending", [])]
    assert ("Job", first) in cluster.objects


def test_a_refused_job_is_reported_and_stalls_nothing() -> None:
    cluster, _ = with_leftovers()
    cluster.remove("Job", "churn-prune")
    cluster.refuses = "Job"
    cluster.settle()
    assert cluster.status["pruning"]["message"] == "apply Job/churn-prune: exceeded quota"
    assert not cluster.condition("Stalled")


def test_a_suspended_resource_forgets_nothing_and_removes_nothing() -> None:
    cluster, (_, second, _) = with_leftovers()
    cluster.end_job("churn-prune", "Complete", "")
    cluster.settle()
    cluster.change(revisionHistoryLimit=1, suspend=True)
    cluster.settle()
    assert ("Job", "churn-prune") not in cluster.objects
    cluster.change(suspend=False)
    cluster.settle()
    assert pruned(cluster) == [f"models/{second}"]


def test_a_claim_that_was_replaced_has_nothing_left_over() -> None:
    cluster, _ = with_leftovers()
    cluster.remove("PersistentVolumeClaim")
    cluster.settle()
    cluster.succeed()
    cluster.settle()
    assert "pruning" not in cluster.status


def revision(name: str, directory: str, **fields: Any) -> Revision:
    facts = {"state": "Succeeded", "digest": "a" * 64, "claim": CLAIM, **fields}
    return Revision.model_validate({"name": name, "directory": directory, **facts})


def decided(listed: list[Revision], pruner: PrunerView | None = None, target: str = "churn-9") -> list[str]:
    before = [Leftover(name="churn-1", directory="models/d_1", digest="a" * 64, claim=CLAIM)]
    return [item.name for item in left_over(before, [], listed, target=target, claim=CLAIM, pruner=pruner)]


@pytest.mark.parametrize("directory", ["models/d_1", "models/d_1/logs", "models", "."])
def test_nothing_at_above_or_below_a_listed_directory_is_removed(directory: str) -> None:
    assert decided([revision("churn-2", directory)]) == []
    assert decided([revision("churn-2", "models/d_10")]) == ["churn-1"]


def test_the_target_is_never_removed_even_before_it_is_listed() -> None:
    assert decided([], target="churn-1") == []


@pytest.mark.parametrize(("state", "left"), [("running", ["churn-1"]), ("succeeded", []), ("failed", [])])
def test_what_a_job_is_removing_cannot_be_saved_any_more(state: Any, left: list[str]) -> None:
    pruner = PrunerView(state, frozenset({"models/d_1=" + "a" * 64}), leaving=False)
    assert decided([revision("churn-2", "models/d_1")], pruner) == left


def test_only_what_was_published_on_this_claim_is_left_over() -> None:
    dropped = [
        revision("churn-2", "models/d_2"),
        revision("churn-3", "models/d_3", claim="another"),
        revision("churn-4", "models/d_4", state="Failed"),
        revision("churn-5", ""),
    ]
    found = left_over([], dropped, [], target="churn-9", claim=CLAIM, pruner=None)
    assert [item.name for item in found] == ["churn-2"]
