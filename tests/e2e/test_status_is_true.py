"""What the status says of serving, of this generation and of a model that fails, on real nodes."""

from __future__ import annotations

import json
import time
import urllib.error
from collections.abc import Callable
from typing import Any

from kube import Namespace, condition, config_map, has_reason, is_true, model_deployment, ready
from plugin_files import sha256
from sklearn.datasets import load_wine

WINE: dict[str, Any] = {"data": {"uri": "sklearn://wine"}}
TOUCHY = """
from sklearn.linear_model import LogisticRegression
import numpy as np


class Touchy(LogisticRegression):
    def predict_proba(self, X):
        if np.asarray(X)[:, 0].max() > 50:
            raise ZeroDivisionError("a defect of the model")
        return super().predict_proba(X)


def make(**parameters):
    return Touchy(max_iter=1000)
"""


def test_a_service_that_selects_no_pod_does_not_serve_and_is_repaired(namespace: Namespace) -> None:
    namespace.apply(model_deployment("wine", **WINE))
    ready(namespace, "wine")
    namespace.kubectl("patch", "md", "wine", "--type=merge", "-p", '{"spec":{"suspend":true}}')
    namespace.wait("md", "wine", has_reason("UpToDate", "Held"), seconds=10)
    namespace.kubectl("patch", "service", "wine", "--type=merge", "-p", '{"spec":{"selector":{"extra":"label"}}}')
    broken = namespace.wait("md", "wine", has_reason("Serving", "NoEndpoints"), seconds=10)
    assert condition(broken, "Ready")["status"] == "False"
    namespace.kubectl("patch", "md", "wine", "--type=merge", "-p", '{"spec":{"suspend":false}}')
    namespace.wait("md", "wine", is_true("UpToDate"), seconds=20)
    assert condition(namespace.get("md", "wine"), "Serving")["status"] == "True"


def test_kubectl_wait_right_after_an_edit_returns_when_the_new_spec_serves(namespace: Namespace) -> None:
    before = ready(namespace, "wine")["status"]["activeRevision"]
    namespace.kubectl("patch", "md", "wine", "--type=merge", "-p", '{"spec":{"training":{"hyperparameters":{"C":2}}}}')
    namespace.kubectl("wait", "--for=condition=UpToDate", "md/wine", "--timeout=120s")
    status = namespace.get("md", "wine")["status"]
    assert status["activeRevision"] == status["targetRevision"] != before


def test_pods_that_start_and_stop_as_they_should_fail_no_probe(namespace: Namespace) -> None:
    """After a start, an update and a pod that was deleted."""
    ready(namespace, "wine")
    namespace.kubectl("delete", "pod", "-l", "easymlops.dev/modeldeployment=wine,app.kubernetes.io/component=serving")
    ready(namespace, "wine")
    events = json.loads(namespace.kubectl("get", "events", "-o", "json"))["items"]
    assert [event["message"] for event in events if event["reason"] == "Unhealthy"] == []


def test_a_model_that_fails_on_valid_rows_is_said_to(namespace: Namespace, predict: Callable[[str, Any], Any]) -> None:
    rules = {"errors": {"metric": "error_rate", "op": ">", "value": 0.01, "severity": "critical", "window": "1m"}}
    namespace.apply(
        config_map("touchy", touchy_dot_py=TOUCHY),
        model_deployment(
            "touchy",
            **WINE,
            training={"backend": "callable", "callable": "touchy:make", "cv_folds": 0},
            pipeline={"plugins": [{"configMap": "touchy", "module": "touchy", "sha256": sha256(TOUCHY)}]},
            observability={"rules": rules},
        ),
    )
    ready(namespace, "touchy")
    rows = load_wine(as_frame=True).data.head(1)
    bad = rows.assign(**{rows.columns[0]: 1e6}).to_dict("records")
    with namespace.forward("service/touchy", 8080) as url:
        answers = [status_of(predict, url, bad) for _ in range(10)]
        assert answers == [500] * 10
        failing = namespace.wait("md", "touchy", has_reason("Serving", "ModelFails"), seconds=30)
        assert "a defect of the model" in condition(failing, "Ready")["message"]
        assert failing["status"]["phase"] == "Failed"
        namespace.wait("md", "touchy", has_reason("ThresholdsMet", "RuleFiring"), seconds=30)
        log = namespace.kubectl(
            "logs", "-l", "easymlops.dev/modeldeployment=touchy,app.kubernetes.io/component=serving"
        )
        assert log.count("ZeroDivisionError: a defect of the model") == 1
        predict(url, rows.to_dict("records"))
    namespace.wait("md", "touchy", is_true("Serving"), seconds=30)


def test_a_crash_loop_is_one_state_with_few_events(namespace: Namespace) -> None:
    """A limit of memory that is too small for the model's libraries."""
    resources = {"requests": {"memory": "32Mi"}, "limits": {"memory": "48Mi"}}
    namespace.apply(model_deployment("oom", **WINE, serving={"resources": resources}))
    namespace.wait("md", "oom", is_true("Stalled"), seconds=240)
    for _ in range(30):
        resource = namespace.get("md", "oom")
        assert condition(resource, "Stalled")["reason"] == "LoadFailed"
        assert condition(resource, "ModelLoaded")["status"] == "False"
        assert resource["status"]["phase"] == "Failed"
        time.sleep(1)
    events = json.loads(namespace.kubectl("get", "events", "-o", "json"))["items"]
    ours = [event["reason"] for event in events if event["involvedObject"].get("name") == "oom"]
    warnings = [reason for reason in ours if reason in ("LoadFailed", "NoReadyReplicas", "Progressing")]
    assert len(warnings) <= 2


def status_of(predict: Callable[[str, Any], Any], url: str, rows: Any) -> int:
    try:
        predict(url, rows)
    except urllib.error.HTTPError as error:
        return error.code
    return 200
