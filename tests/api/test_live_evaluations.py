"""Live figures: collected from scoring pods, judged, and written to status only when there is something to tell."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from easy_mlops.monitoring.summary import WINDOWS, Summary, Window
from kube import Namespace, Object, condition
from nodes import this_machine
from operator_process import OperatorProcess
from stand_in import DIGEST, Kubelet, driven


class ScoringPod:
    """Answers summaries where the stand-in's pods say they are."""

    def __init__(self) -> None:
        self.requests = self.errors = 0
        self.body: bytes | None = None
        pod = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = pod.summary() if pod.body is None else pod.body
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer((this_machine(), 0), Handler)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def summary(self) -> bytes:
        window = Window(requests=self.requests, errors=self.errors, rows=self.requests)
        return Summary(DIGEST, "1.0.0", dict.fromkeys(WINDOWS, window)).encode()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(scope="module")
def answering() -> Iterator[ScoringPod]:
    pod = ScoringPod()
    yield pod
    pod.close()


@pytest.fixture(scope="module")
def served(shared_namespace: Namespace, shared_operator: OperatorProcess, answering: ScoringPod) -> Namespace:
    """A namespace with a served resource `churn` that has one rule on the error rate."""
    rules = {"error_rate": {"op": ">", "value": 0.1, "severity": "critical"}}
    shared_namespace.apply(driven("churn", observability={"rules": rules}, serving={"port": answering.port}))
    Kubelet(shared_namespace, "churn").serve()
    return shared_namespace


@pytest.fixture
def scoring_pod(answering: ScoringPod) -> ScoringPod:
    """The pod, without any requests yet."""
    answering.requests = answering.errors = 0
    answering.body = None
    return answering


@pytest.fixture
def judged(served: Namespace, scoring_pod: ScoringPod) -> Namespace:
    """The served resource without data: a rule that has fired before goes on firing until there are good figures."""
    scoring_pod.requests = 100
    wait_state(served, "OK")
    scoring_pod.requests = 0
    wait_state(served, "NoData")
    return served


def evaluation(resource: Object) -> Object:
    found: Object = next((e for e in resource["status"].get("evaluations", []) if e["name"] == "error_rate"), {})
    return found


def wait_state(namespace: Namespace, state: str, seconds: float = 10) -> Object:
    return namespace.wait("md", "churn", lambda md: evaluation(md).get("state") == state, seconds=seconds, what=state)


def test_a_rule_goes_from_no_data_to_ok_to_firing_and_back(judged: Namespace, scoring_pod: ScoringPod) -> None:
    scoring_pod.requests = 100
    assert evaluation(wait_state(judged, "OK"))["value"] == "0"
    scoring_pod.errors = 50
    firing = wait_state(judged, "Firing")
    assert evaluation(firing)["value"] == "0.5"
    assert condition(firing, "ThresholdsMet")["reason"] == "RuleFiring"
    assert condition(firing, "Ready")["status"] == "True"
    scoring_pod.errors = 0
    wait_state(judged, "OK")


def test_a_pod_with_malformed_summaries_is_no_data(
    judged: Namespace, scoring_pod: ScoringPod, shared_operator: OperatorProcess
) -> None:
    scoring_pod.requests = 100
    wait_state(judged, "OK")
    scoring_pod.body = b"[" * 50_000
    wait_state(judged, "NoData")
    assert shared_operator.metric("easymlops_summary_requests_total", result="malformed") >= 1
    assert shared_operator.get("/livez")[0] == 200


def test_small_changes_of_values_are_not_written_each_time(
    judged: Namespace, scoring_pod: ScoringPod, shared_operator: OperatorProcess
) -> None:
    scoring_pod.requests = 100
    wait_state(judged, "OK")
    time.sleep(2)
    writes = shared_operator.writes()
    for step in range(1, 6):
        scoring_pod.requests = 100 * step
        time.sleep(1)
    assert shared_operator.writes() == writes


def test_a_rules_value_and_limit_are_metrics(
    judged: Namespace, scoring_pod: ScoringPod, shared_operator: OperatorProcess
) -> None:
    scoring_pod.requests, scoring_pod.errors = 100, 50
    wait_state(judged, "Firing")
    labels = {"namespace": judged.name, "name": "churn", "rule": "error_rate"}
    deadline = time.monotonic() + 5
    while shared_operator.metric("easymlops_rule_firing", **labels) != 1:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert shared_operator.metric("easymlops_rule_value", **labels) == 0.5
    assert shared_operator.metric("easymlops_rule_threshold", **labels) == 0.1


def test_a_firing_rule_is_an_event_once(judged: Namespace, scoring_pod: ScoringPod) -> None:
    def events_sent() -> int:
        events = json.loads(judged.kubectl("get", "events", "-o", "json"))["items"]
        return sum(event["count"] for event in events if event["reason"] == "RuleFiring")

    before = events_sent()
    scoring_pod.requests, scoring_pod.errors = 100, 50
    wait_state(judged, "Firing")
    time.sleep(4)
    assert events_sent() == before + 1
