"""The volume contains the revisions within the history limit and no other directories of ours."""

from __future__ import annotations

from claim_pod import claim_pod
from kube import Namespace, Object, model_deployment, ready

LIST = "import os; print(*sorted(os.listdir('/data/models')))"


def revision(folds: int) -> Object:
    training = {"model_type": "logistic_regression", "cv_folds": folds}
    return model_deployment("tumor", training=training, revisionHistoryLimit=1)


def directories(namespace: Namespace, pod: str) -> list[str]:
    """The folders of deployments on the volume, hidden ones included."""
    namespace.apply(claim_pod(pod, "tumor", LIST))
    namespace.wait("pod", pod, lambda o: o["status"].get("phase") == "Succeeded", seconds=60, what="done")
    return namespace.kubectl("logs", pod).split()


def test_the_directory_of_a_revision_beyond_the_limit_is_removed(namespace: Namespace) -> None:
    namespace.apply(revision(0))
    first = ready(namespace, "tumor")["status"]["revisions"][0]
    assert [f"models/{name}" for name in directories(namespace, "before")] == [first["directory"]]
    namespace.apply(revision(2))
    namespace.wait("md", "tumor", lambda o: "pruning" in o["status"], seconds=120, what="given up")
    settled = namespace.wait("md", "tumor", lambda o: "pruning" not in o["status"], seconds=120, what="pruned")
    [second] = settled["status"]["revisions"]
    assert second["directory"] != first["directory"]
    assert [f"models/{name}" for name in directories(namespace, "after")] == [second["directory"]]
    ready(namespace, "tumor")
    assert [job["metadata"]["name"] for job in namespace.list("jobs")] == [second["name"]]
