"""Every kind of bad input ends in a condition that names field, value and what is allowed, and stays there."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pytest
from claim_pod import claim_pod
from kube import Namespace, condition, config_map, has_reason, model_deployment, ready


@dataclass(frozen=True)
class Case:
    """A spec that cannot work, and what must be reported about it."""

    name: str
    spec: dict[str, Any]
    type: str
    reason: str
    texts: tuple[str, ...]
    stalled: bool = True
    knowable_at_once: bool = False
    training: dict[str, Any] = field(default_factory=lambda: {"model_type": "logistic_regression", "cv_folds": 0})


CSV = {"uri": "configmap://tables/good.csv"}
CASES = [
    Case("unknown-step", {"deployment": {"steps": ["create_directory", "save_modle"]}}, "SpecAccepted", "UnknownStep",
         ("spec.deployment.steps[1]", "save_modle", "save_model"), knowable_at_once=True),
    Case("misspelled-key", {"observability": {"alert_treshold": 0.7}}, "SpecAccepted", "UnknownField",
         ("spec.observability.alert_treshold", "did you mean 'alert_threshold'"), knowable_at_once=True),
    Case("wrong-value", {"deployment": {"deployment_prefix": "../up"}}, "SpecAccepted", "InvalidValue",
         ("spec.deployment.deployment_prefix", "../up"), knowable_at_once=True),
    Case("no-target", {"data": {**CSV, "target": "labl"}}, "PipelineSucceeded", "StepFailed",
         ("spec.data.target", "labl", "label")),
    Case("constant-target", {"data": {"uri": "configmap://tables/constant.csv", "target": "label"}},
         "PipelineSucceeded", "StepFailed", ("spec.data.target", "label")),
    Case("empty-csv", {"data": {"uri": "configmap://tables/empty.csv"}}, "PipelineSucceeded", "DataUnavailable",
         ("configmap://tables/empty.csv", "empty")),
    Case("corrupt-parquet", {"data": {"uri": "configmap://tables/corrupt.parquet"}}, "PipelineSucceeded",
         "DataUnavailable", ("configmap://tables/corrupt.parquet", "Parquet")),
    Case("missing-configmap", {"data": {"uri": "configmap://nowhere/x.csv"}}, "PipelineSucceeded", "DataUnavailable",
         ("nowhere",), stalled=False, knowable_at_once=True),
    Case("missing-key", {"data": {"uri": "configmap://tables/gone.csv"}}, "PipelineSucceeded", "DataUnavailable",
         ("gone.csv", "good.csv"), stalled=False, knowable_at_once=True),
    Case("missing-claim", {"data": {"uri": "pvc://nowhere/x.csv"}}, "PipelineSucceeded", "DataUnavailable",
         ("nowhere",), stalled=False, knowable_at_once=True),
    Case("unschedulable", {"pipeline": {"resources": {"requests": {"cpu": "1000"}}}}, "PipelineSucceeded",
         "Unschedulable", ("Insufficient cpu",), stalled=False),
    Case("missing-image", {"pipeline": {"image": "localhost/not-there:1"}}, "PipelineSucceeded", "ImageUnavailable",
         ("localhost/not-there:1",)),
    Case("late", {"pipeline": {"resources": {"requests": {"cpu": "1000"}}, "activeDeadlineSeconds": 10}},
         "PipelineSucceeded", "DeadlineExceeded", ("10",)),
]  # fmt: skip


@pytest.fixture(scope="module")
def applied(namespace: Namespace) -> Namespace:
    good = pd.DataFrame({"a": range(60), "b": [i % 7 for i in range(60)], "label": [i % 2 for i in range(60)]})
    tables = config_map(
        "tables",
        good_dot_csv=good.to_csv(index=False),
        constant_dot_csv=good.assign(label=1).to_csv(index=False),
        empty_dot_csv="",
    )
    tables["binaryData"] = {"corrupt.parquet": base64.b64encode(b"PAR1" + b"\x00" * 64).decode()}
    namespace.apply(
        tables, *(model_deployment(case.name, **{"training": case.training, **case.spec}) for case in CASES)
    )
    return namespace


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input_is_reported_by_a_condition(applied: Namespace, case: Case) -> None:
    resource = applied.wait(
        "md",
        case.name,
        has_reason(case.type, case.reason),
        seconds=20 if case.knowable_at_once else 180,
        what=case.reason,
    )
    found = condition(resource, case.type)
    assert found["status"] == "False"
    for word in case.texts:
        assert word in found["message"]
    assert condition(resource, "Ready")["status"] == "False"
    if case.stalled:
        assert condition(resource, "Stalled")["status"] == "True"
        assert not condition(resource, "Reconciling")
    else:
        assert condition(resource, "Reconciling")["status"] == "True"
        assert not condition(resource, "Stalled")
    assert case.reason in applied.kubectl("describe", "md", case.name)


def test_bad_input_makes_no_retry_storm(applied: Namespace) -> None:
    for case in CASES:
        applied.wait("md", case.name, has_reason(case.type, case.reason), seconds=180)
    before = {o["metadata"]["name"]: o["metadata"]["resourceVersion"] for o in applied.list("md")}
    jobs = {o["metadata"]["uid"] for o in applied.list("jobs")}
    time.sleep(15)
    assert {o["metadata"]["uid"] for o in applied.list("jobs")} == jobs
    after = {o["metadata"]["name"]: o["metadata"]["resourceVersion"] for o in applied.list("md")}
    assert {name for name in after if after[name] != before[name]} <= {"missing-image", "unschedulable"}
    for pod in applied.list("pods"):
        restarts = [s["restartCount"] for s in pod["status"].get("containerStatuses", [])]
        assert sum(restarts) == 0


def test_a_run_recovers_when_missing_data_appears(applied: Namespace) -> None:
    applied.apply(config_map("nowhere", x_dot_csv="a,label\n" + "".join(f"{i},{i % 2}\n" for i in range(60))))
    ready(applied, "missing-configmap")


def test_an_earlier_revision_keeps_serving_beside_a_bad_spec(applied: Namespace) -> None:
    applied.apply(model_deployment("solid", data={**CSV, "target": "label"}))
    first = ready(applied, "solid")
    applied.apply(model_deployment("solid", data={**CSV, "target": "nope"}))
    broken = applied.wait("md", "solid", has_reason("PipelineSucceeded", "StepFailed"), seconds=120)
    assert condition(broken, "Serving")["status"] == "True"
    assert condition(broken, "Stalled")["status"] == "True"
    assert condition(broken, "Ready")["status"] == "False"
    assert broken["status"]["activeRevision"] == first["status"]["activeRevision"]
    applied.apply(model_deployment("solid", data={**CSV, "target": "label"}, deployment={"steps": ["nope"]}))
    applied.wait("md", "solid", has_reason("SpecAccepted", "UnknownStep"), seconds=20)
    serving = applied.get("deployment", "solid")
    assert serving["status"]["readyReplicas"] == 1


def test_an_artifact_that_was_changed_is_not_served_and_trained_again(applied: Namespace) -> None:
    applied.apply(model_deployment("tampered", data={**CSV, "target": "label"}))
    resource = ready(applied, "tampered")
    path = f"/data/{resource['status']['revisions'][0]['directory']}/model.joblib"
    code = f"import os; os.chmod({path!r}, 0o644); open({path!r}, 'ab').write(b'x')"
    applied.apply(claim_pod("tamper", "tampered", code))
    applied.wait("pod", "tamper", lambda o: o["status"].get("phase") == "Succeeded", seconds=90)
    applied.kubectl("delete", "pod", "-l", "easymlops.dev/modeldeployment=tampered,app.kubernetes.io/component=serving")
    damaged = resource["status"]["revisions"][0]
    applied.wait("md", "tampered", lambda o: bool(o["status"]["revisions"][0].get("damaged")), seconds=60)
    [again] = ready(applied, "tampered")["status"]["revisions"]
    assert again["damaged"] == [f"{damaged['directory']}={damaged['digest']}"]
    assert again["name"] == damaged["name"]
    assert again["directory"] != damaged["directory"]
