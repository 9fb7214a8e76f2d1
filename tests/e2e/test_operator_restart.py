"""The operator may restart at any time: a run continues, is created once, and nothing is written once converged."""

from __future__ import annotations

import time

import pytest
from kube import Namespace, kubectl, model_deployment, ready

pytestmark = pytest.mark.alone
OPERATOR = "app.kubernetes.io/name=easy-mlops-operator"
SYSTEM = Namespace("easy-mlops-system")


KINDS = ("md", "jobs", "deployments", "services", "pvc", "configmaps")
SLOW = {"model_type": "random_forest_classifier", "hyperparameters": {"n_estimators": 400}, "cv_folds": 5}


def restart_operator(*, wait: bool = True) -> None:
    kubectl("-n", SYSTEM.name, "delete", "pod", "-l", OPERATOR, "--grace-period=0", "--force")
    if wait:
        kubectl("-n", SYSTEM.name, "rollout", "status", "deployment/easy-mlops-operator", "--timeout=90s")


def versions(namespace: Namespace, name: str) -> dict[str, str]:
    """What stands in the API server for a resource; any write shows."""
    return {
        f"{kind}/{o['metadata']['name']}": o["metadata"]["resourceVersion"]
        for kind in KINDS
        for o in namespace.list(kind)
        if o["metadata"]["name"].startswith(name)
    }


def test_restarting_the_operator_keeps_the_run_and_writes_nothing_once_converged(namespace: Namespace) -> None:
    namespace.apply(model_deployment("quiet"))
    ready(namespace, "quiet")
    time.sleep(15)  # until the first collection of live figures has been judged
    before = versions(namespace, "quiet")
    namespace.apply(model_deployment("survivor", training=SLOW))
    namespace.wait("md", "survivor", lambda o: len(namespace.list("jobs")) == 2, seconds=30, what="training")
    restart_operator(wait=False)
    survivor = "easymlops.dev/modeldeployment=survivor"
    namespace.wait("md", "survivor", lambda o: bool(namespace.list("pods", survivor)), seconds=60)
    restart_operator()
    resource = ready(namespace, "survivor")
    assert len(namespace.list("jobs", survivor)) == 1
    assert len(resource["status"]["revisions"]) == 1
    [pod] = namespace.list("pods", f"{survivor},app.kubernetes.io/component=serving")
    assert pod["status"]["containerStatuses"][0]["restartCount"] == 0
    time.sleep(5)
    assert versions(namespace, "quiet") == before
