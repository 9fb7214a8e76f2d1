"""The operator may go at any time: the run goes on, is made once, and nothing is written when all is well."""

from __future__ import annotations

import time

import pytest
from kube import Namespace, kubectl, model_deployment, ready

pytestmark = pytest.mark.alone
OPERATOR = "app.kubernetes.io/name=easy-mlops-operator"
SYSTEM = Namespace("easy-mlops-system")


def restart_operator(*, wait: bool = True) -> None:
    kubectl("-n", SYSTEM.name, "delete", "pod", "-l", OPERATOR, "--grace-period=0", "--force")
    if wait:
        kubectl("-n", SYSTEM.name, "rollout", "status", "deployment/easy-mlops-operator", "--timeout=90s")


def test_a_run_survives_the_operator(namespace: Namespace) -> None:
    slow = {"model_type": "random_forest_classifier", "hyperparameters": {"n_estimators": 400}, "cv_folds": 5}
    namespace.apply(model_deployment("survivor", training=slow))
    namespace.wait("md", "survivor", lambda o: bool(namespace.list("jobs")), seconds=30, what="training")
    restart_operator(wait=False)
    namespace.wait("md", "survivor", lambda o: bool(namespace.list("pods")), seconds=60)
    restart_operator()
    resource = ready(namespace, "survivor")
    assert len(namespace.list("jobs")) == 1
    assert len(resource["status"]["revisions"]) == 1
    pod = namespace.list("pods", "easymlops.dev/modeldeployment=survivor,app.kubernetes.io/component=serving")[0]
    assert pod["status"]["containerStatuses"][0]["restartCount"] == 0


def test_a_restart_with_converged_resources_writes_nothing(namespace: Namespace) -> None:
    namespace.apply(model_deployment("quiet"))
    ready(namespace, "quiet")
    time.sleep(15)  # until the first collection of live figures has been judged
    kinds = ("md", "jobs", "deployments", "services", "pvc", "configmaps")

    def versions() -> dict[str, str]:
        return {
            f"{kind}/{o['metadata']['name']}": o["metadata"]["resourceVersion"]
            for kind in kinds
            for o in namespace.list(kind)
        }

    before = versions()
    restart_operator()
    time.sleep(15)
    assert versions() == before
