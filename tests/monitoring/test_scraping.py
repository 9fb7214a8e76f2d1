"""A real Prometheus scrapes real operators and a real scoring service, and answers whatever is asked of it.

The operators are processes beside a stand-in for the API server. One leads and works on a new resource. The other one
stands by in a namespace whose resource has been judged already: it writes nothing, and tells what the status says.
"""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from deployments import write_deployment
from easy_mlops_operator.api import labels
from fake_api import FakeApi
from fake_cluster import run_fake_cluster, write_kubeconfig
from monitoring import alerts, dashboard_queries, rule_groups
from operator_process import OperatorProcess, run_operator
from prometheus import Pod, Prometheus, run_prometheus
from scoring_service import ServerProcess
from sklearn.linear_model import LinearRegression

MOMENT = "2026-11-24T10:00:00Z"
RULE = {"layer": "data", "op": ">", "severity": "critical", "threshold": "0.2"}
CONDITIONS = {
    "Ready": ("False", "PipelineFailed"),
    "Serving": ("True", "EndpointsAvailable"),
    "PipelineSucceeded": ("False", "DataUnavailable"),
    "Stalled": ("True", "PipelineFailed"),
}
STATUS = {
    "phase": "Failed",
    "conditions": [
        {"type": type_, "status": status, "reason": reason, "lastTransitionTime": MOMENT}
        for type_, (status, reason) in CONDITIONS.items()
    ],
    "serving": {"replicas": 1, "desiredReplicas": 1, "readyReplicas": 1},
    "evaluations": [
        {"name": "psi", "state": "Firing", "value": "0.4", **RULE},
        {"name": "null_rate", "state": "Firing", "value": "0.3", "suppressed": True, **RULE},
        {"name": "feature_mean_shift", "state": "NoData", **RULE},
    ],
}


def resource(namespace: str, **status: Any) -> dict[str, Any]:
    return {
        "apiVersion": "easymlops.dev/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"namespace": namespace, "name": "churn", "uid": f"uid-{namespace}", "generation": 1},
        "spec": {"data": {"uri": "sklearn://wine"}},
        "status": status,
    }


def scoring_pod(port: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": "shop", "name": "churn-x", "labels": labels.child_labels("churn", "serving")},
        "spec": {"containers": [{"name": "serving", "ports": [{"containerPort": port}]}]},
        "status": {"podIP": "127.0.0.1", "conditions": [{"type": "Ready", "status": "True"}]},
    }


def lease_of_somebody_else(namespace: str) -> dict[str, Any]:
    spec = {"holderIdentity": "another", "leaseDurationSeconds": 3600, "renewTime": "2026-11-24T10:00:00.000000Z"}
    return {"metadata": {"namespace": namespace, "name": labels.OPERATOR}, "spec": spec}


@pytest.fixture(scope="module")
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def start_operator(stack: ExitStack, folder: Path, namespace: str, api: FakeApi, **settings: str) -> OperatorProcess:
    path = f"/apis/easymlops.dev/v1alpha1/namespaces/{namespace}/modeldeployments/churn"
    api.add(path, resource(namespace, **(STATUS if settings else {})))
    address = stack.enter_context(run_fake_cluster(api))
    kubeconfig = write_kubeconfig(folder / f"{namespace}.kubeconfig", address)
    log = folder / f"{namespace}.log"
    return stack.enter_context(
        run_operator(kubeconfig, namespace, log, until_ready=True, RESYNC_SECONDS="1", **settings)
    )


@pytest.fixture(scope="module")
def leader(stack: ExitStack, scoring: int, tmp_path_factory: pytest.TempPathFactory) -> OperatorProcess:
    """It has a new resource, and asks the scoring service for its figures."""
    api = FakeApi()
    api.add("/api/v1/namespaces/shop/pods/churn-x", scoring_pod(scoring))
    return start_operator(stack, tmp_path_factory.mktemp("leader"), "shop", api)


@pytest.fixture(scope="module")
def standby(stack: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> OperatorProcess:
    """It has a resource that was judged."""
    api = FakeApi()
    lease = f"/apis/coordination.k8s.io/v1/namespaces/bank/leases/{labels.OPERATOR}"
    api.add(lease, lease_of_somebody_else("bank"))
    election = {"LEADER_ELECTION": "true", "POD_NAME": "operator-b", "POD_NAMESPACE": "bank"}
    return start_operator(stack, tmp_path_factory.mktemp("standby"), "bank", api, **election)


@pytest.fixture(scope="module")
def scoring(stack: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> int:
    """Port of a scoring service."""
    frame = pd.DataFrame({"size": [1.0, 2.0, None]})
    directory = tmp_path_factory.mktemp("models") / "model"
    write_deployment(directory, LinearRegression().fit(frame.fillna(0), [1, 2, 3]), frame)
    server = stack.enter_context(ServerProcess(directory, name="churn"))
    port = server.port()
    server.event("ready")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"NONSENSE\r\n\r\n")  # refused before it is complete
        assert connection.recv(100)
    return port


def predict(port: int, body: object) -> int:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/predict", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def prometheus(
    stack: ExitStack,
    leader: OperatorProcess,
    standby: OperatorProcess,
    scoring: int,
    prometheus_programs: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Prometheus:
    """It has scraped everything some times, while predictions were made."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "rules.yaml").write_text(yaml.safe_dump(rule_groups()))
    whose = {labels.RESOURCE: "churn", labels.REVISION: "churn-0a1b2c"}
    pods = [
        Pod("easy-mlops-operator", leader.port, "easy-mlops-system", "operator-a", {}),
        Pod("easy-mlops-operator", standby.port, "easy-mlops-system", "operator-b", {}),
        Pod("easy-mlops-scoring", scoring, "bank", "churn-5d9f-x2x4z", whose),
    ]
    running = stack.enter_context(run_prometheus(prometheus_programs / "prometheus", folder / "rules.yaml", pods))

    def is_counted() -> bool:
        assert predict(scoring, {"size": 2.5}) == 200
        predict(scoring, {"size": None})
        counted = running.ask('rate(easymlops_http_requests_total{route="/predict", code="200"}[5s]) > 0')
        asked = running.ask('rate(easymlops_summary_requests_total{result="ok"}[5s]) > 0')
        return bool(counted and asked) and len(running.ask("easymlops_leader")) == 2

    running.until(is_counted)
    return running


def test_all_pods_are_scraped_without_errors(prometheus: Prometheus) -> None:
    targets = prometheus.get("targets")["activeTargets"]
    assert [(target["health"], target["lastError"]) for target in targets] == [("up", "")] * 3


def test_the_operators_metrics_of_a_resource_have_the_resources_namespace(prometheus: Prometheus) -> None:
    [firing] = prometheus.ask('easymlops_rule_firing{rule="psi"}')
    assert (firing["metric"]["namespace"], firing["metric"]["name"]) == ("bank", "churn")
    namespaces = {found["metric"]["namespace"] for found in prometheus.ask("easymlops_leader")}
    assert namespaces == {"easy-mlops-system"}


def test_metrics_of_a_scoring_pod_have_the_name_of_its_modeldeployment(prometheus: Prometheus) -> None:
    [ready] = prometheus.ask("easymlops_ready")
    labelled = {key: ready["metric"][key] for key in ("namespace", "name", "revision", "pod")}
    assert labelled == {"namespace": "bank", "name": "churn", "revision": "churn-0a1b2c", "pod": "churn-5d9f-x2x4z"}


def test_each_rule_is_evaluated_without_an_error(prometheus: Prometheus) -> None:
    prometheus.until(lambda: all(rule["health"] != "unknown" for rule in prometheus.rules().values()))
    rules = prometheus.rules()
    assert set(rules) == {alert["alert"] for alert in alerts()}
    assert {name: rule.get("lastError") for name, rule in rules.items() if rule["health"] != "ok"} == {}


def test_alerts_match_the_status(prometheus: Prometheus) -> None:
    prometheus.until(lambda: len(active(prometheus)) >= 3)
    assert active(prometheus) == {"EasyMLOpsStalled", "EasyMLOpsHeldUp", "EasyMLOpsRuleFiring"}
    [firing] = prometheus.rules()["EasyMLOpsRuleFiring"]["alerts"]
    assert firing["labels"]["severity"] == "critical"
    assert firing["annotations"]["summary"] == "Rule psi of bank/churn fires."


def active(prometheus: Prometheus) -> set[str]:
    """Alerts about models that fire, or will if it stays so. A busy machine may well call for others."""
    (group,) = (each for each in prometheus.get("rules")["groups"] if each["name"] == "easy-mlops-models")
    return {rule["name"] for rule in group["rules"] if rule["state"] != "inactive"}


@pytest.mark.parametrize(("title", "query"), list(dashboard_queries()))
def test_a_panel_of_the_dashboard_shows_something(prometheus: Prometheus, title: str, query: str) -> None:
    for variable, text in (("$namespace", ".*"), ("$name", ".*"), ("$__rate_interval", "5s")):
        query = query.replace(variable, text)
    assert prometheus.ask(query)
