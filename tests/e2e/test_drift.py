"""A served model meets other rows than it was trained on: the rule fires and names the column."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from kube import Namespace, Object, condition, config_map, has_reason, model_deployment, ready
from processes import eventually

RULES = {
    "drift": {"metric": "psi", "op": ">", "value": 0.25, "min_samples": 200, "runbook": "#drift"},
    "chance": {"metric": "psi", "from_reference": {"method": "chi2", "alpha": 0.001}, "runbook": "#drift"},
    "shift": {"metric": "feature_mean_shift", "op": ">", "value": 0.5},
    "tenure": {"metric": "psi", "column": "tenure", "op": ">", "value": 0.25, "min_samples": 200},
    "schema": {"metric": "schema_hash_mismatch", "op": ">", "value": 0, "severity": "info"},
    "silent": {"metric": "error_rate", "op": ">", "value": 0.5, "min_samples": 100_000, "no_data": "ok"},
}
RUNBOOK = {
    "url": "https://example.com/churn",
    "owner": "team churn",
    "suppression_windows": [
        {"name": "always", "start": "00:00", "end": "00:00", "zone": "Europe/Berlin", "rules": ["shift"]}
    ],
}


@pytest.fixture(scope="module")
def served(namespace: Namespace, churn: pd.DataFrame) -> Namespace:
    namespace.apply(
        config_map("churn", churn_dot_csv=churn.to_csv(index=False)),
        model_deployment(
            "churn",
            data={"uri": "configmap://churn/churn.csv", "target": "churned"},
            preprocessing={"handle_missing": "median"},
            serving={"replicas": 2},
            observability={
                "alert_threshold": 0.1,
                "metric_thresholds": {"log_loss": 5.0},
                "rules": RULES,
                "runbook": RUNBOOK,
            },
        ),
    )
    ready(namespace, "churn")
    return namespace


def evaluations(resource: Object) -> dict[str, Any]:
    return {item["name"]: item for item in resource.get("status", {}).get("evaluations", [])}


def judged(**states: str) -> Callable[[Object], bool]:
    def holds(resource: Object) -> bool:
        found = evaluations(resource)
        return all(found.get(name, {}).get("state") == state for name, state in states.items())

    return holds


def send(namespace: Namespace, predict: Callable[[str, Any], Any], frame: pd.DataFrame) -> None:
    """Score rows in several requests."""
    rows = json.loads(frame.drop(columns="churned").to_json(orient="records"))
    with namespace.forward("service/churn", 8080) as url:
        for start in range(0, len(rows), 50):
            predict(url, rows[start : start + 50])


def test_shifted_rows_fire_with_the_column_named(
    served: Namespace, predict: Callable[[str, Any], Any], churn: pd.DataFrame
) -> None:
    send(served, predict, churn)
    as_trained = served.wait(
        "modeldeployment",
        "churn",
        judged(drift="OK", chance="OK", shift="OK", tenure="OK", schema="OK"),
        seconds=60,
        what="judged",
    )
    assert condition(as_trained, "ThresholdsMet")["status"] == "True"
    assert evaluations(as_trained)["silent"]["state"] == "OK"
    assert evaluations(as_trained)["silent"]["reason"] == "TooFewSamples"

    for _ in range(4):
        send(served, predict, churn.assign(charges=churn["charges"] + 60))
    moved = served.wait(
        "modeldeployment", "churn", judged(drift="Firing", chance="Firing", shift="Firing"), seconds=60, what="firing"
    )
    found = evaluations(moved)
    for name, metric in (("drift", "psi"), ("shift", "feature_mean_shift")):
        assert found[name]["message"].startswith(f"{metric} of charges = ")
        assert found[name]["layer"] == "data"
        assert found[name]["top"][0].startswith("charges ")
    assert found["drift"]["runbook"] == "https://example.com/churn#drift"
    assert found["chance"]["message"].startswith("psi of charges = ")
    assert "by chance, α = 0.001" in found["chance"]["message"]
    assert found["drift"]["samples"] >= 1200
    assert found["tenure"]["state"] == "OK"
    assert has_reason("ThresholdsMet", "RuleFiring")(moved)
    assert condition(moved, "ThresholdsMet")["status"] == "False"
    assert "charges" in condition(moved, "ThresholdsMet")["message"]
    assert condition(moved, "Ready")["status"] == "True"


def test_no_event_is_sent_in_a_suppression_window(served: Namespace) -> None:
    moved = served.wait("modeldeployment", "churn", judged(drift="Firing", shift="Firing"), seconds=60, what="firing")
    found = evaluations(moved)
    assert (found["shift"]["suppressed"], found["shift"]["suppressedBy"]) == (True, "always")
    assert "suppressed" not in found["drift"]
    assert moved["status"]["observability"]["summary"]["suppressed"] == 1

    def events_of(rule: str) -> list[str]:
        events = json.loads(served.kubectl("get", "events", "-o", "json"))["items"]
        messages = [event["message"] for event in events if event["reason"] == "RuleFiring"]
        return [message for message in messages if message.startswith(f"{rule}: ")]

    eventually(lambda: bool(events_of("drift")))
    assert events_of("drift")[0].endswith("; runbook: https://example.com/churn#drift; owner: team churn")
    assert events_of("shift") == []
