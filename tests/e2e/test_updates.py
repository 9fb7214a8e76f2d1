"""A changed spec is a new revision: an update to a worse model, and a rollback without a second Job."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from kube import Namespace, Object, condition, model_deployment, ready
from sklearn.datasets import load_breast_cancer

OBSERVABILITY = {"rules": {"accuracy_floor": {"metric": "accuracy", "op": "<", "value": 0.95, "severity": "critical"}}}
GOOD = {"model_type": "logistic_regression", "cv_folds": 0}
WORSE = {
    "model_type": "random_forest_classifier",
    "cv_folds": 0,
    "hyperparameters": {"n_estimators": 1, "max_depth": 1},
}
ROWS = load_breast_cancer(as_frame=True).data.head(2).to_dict("records")


class Traffic:
    """Requests one after the other while something else happens; counts answers and failures."""

    def __init__(self, send: Callable[[], Any]) -> None:
        self.answers: list[Any] = []
        self.failures: list[str] = []
        self._send = send
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Traffic:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.05) and len(self.answers) < 5000:
            try:
                self.answers.append(self._send())
            except OSError as error:
                self.failures.append(repr(error))


@pytest.fixture(scope="module")
def first(namespace: Namespace) -> Object:
    namespace.apply(model_deployment("tumor", training=GOOD, observability=OBSERVABILITY))
    resource = ready(namespace, "tumor")
    assert condition(resource, "ThresholdsMet")["status"] == "True"
    return resource


@pytest.fixture(scope="module")
def second(namespace: Namespace, first: Object, predict: Callable[[str, Any], Any]) -> Object:
    old_pods = {pod["metadata"]["name"] for pod in namespace.list("pods", SERVING)}
    # A port-forward ends with the pod that it leads to, so the old revision's answers are watched on its own pod.
    with namespace.forward(f"pod/{old_pods.pop()}", 8080) as url, Traffic(lambda: predict(url, ROWS)) as traffic:
        namespace.apply(model_deployment("tumor", training=WORSE, observability=OBSERVABILITY))
        namespace.wait(
            "md", "tumor", lambda o: o["status"]["targetRevision"] != first["status"]["targetRevision"], seconds=15
        )
        namespace.wait("md", "tumor", lambda o: pipeline_done(o, first), seconds=120, what="trained")
        answered_until_trained, failed_until_trained = len(traffic.answers), list(traffic.failures)
    assert answered_until_trained > 10
    assert not failed_until_trained
    return ready(namespace, "tumor")


SERVING = "easymlops.dev/modeldeployment=tumor,app.kubernetes.io/component=serving"


def pipeline_done(resource: Object, before: Object) -> bool:
    known = {revision["name"] for revision in before["status"]["revisions"]}
    return any(r["name"] not in known and r["state"] != "Training" for r in resource["status"]["revisions"])


def test_an_update_makes_a_new_revision_that_serves(first: Object, second: Object) -> None:
    assert second["status"]["activeRevision"] != first["status"]["activeRevision"]
    names = [revision["name"] for revision in second["status"]["revisions"]]
    assert set(names) == {first["status"]["activeRevision"], second["status"]["activeRevision"]}


def test_rules_fire_for_a_worse_model(namespace: Namespace, second: Object) -> None:
    evaluation = next(e for e in second["status"]["evaluations"] if e["name"] == "accuracy_floor")
    assert evaluation["state"] == "Firing"
    assert float(evaluation["value"]) < 0.95
    assert condition(second, "ThresholdsMet")["reason"] == "RuleFiring"
    assert condition(second, "Ready")["status"] == "True"
    assert second["status"]["observability"]["health"] == "Critical"
    assert "accuracy_floor" in namespace.kubectl("get", "md", "tumor")


def test_the_way_back_needs_no_second_job(namespace: Namespace, first: Object, second: Object) -> None:
    jobs = {job["metadata"]["uid"] for job in namespace.list("jobs")}
    namespace.apply(model_deployment("tumor", training=GOOD, observability=OBSERVABILITY))
    namespace.wait(
        "md", "tumor", lambda o: o["status"]["activeRevision"] == first["status"]["activeRevision"], seconds=90
    )
    back = ready(namespace, "tumor")
    assert {job["metadata"]["uid"] for job in namespace.list("jobs")} == jobs
    assert condition(back, "ThresholdsMet")["status"] == "True"
    directories = {r["name"]: r["directory"] for r in first["status"]["revisions"]}
    active = back["status"]["activeRevision"]
    assert directories[active] == next(r for r in back["status"]["revisions"] if r["name"] == active)["directory"]


def test_a_changed_threshold_is_evaluated_without_a_job(namespace: Namespace, first: Object, second: Object) -> None:
    jobs = {job["metadata"]["uid"] for job in namespace.list("jobs")}
    stricter = {"rules": {"accuracy_floor": {"metric": "accuracy", "op": "<", "value": 0.9999}}}
    namespace.apply(model_deployment("tumor", training=GOOD, observability=stricter))
    namespace.wait(
        "md", "tumor", lambda o: condition(o, "ThresholdsMet").get("reason") == "RuleFiring", seconds=15, what="firing"
    )
    assert {job["metadata"]["uid"] for job in namespace.list("jobs")} == jobs
