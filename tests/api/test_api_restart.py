"""The operator may be killed at any time. Its state is in the API, so nothing is done twice and nothing is written."""

from __future__ import annotations

import json
import signal
import time
from dataclasses import dataclass

import pytest
from fault_proxy import FaultProxy
from kube import Namespace
from operator_process import Launcher, OperatorProcess
from stand_in import Kubelet, driven

QUIET_SECONDS = 60
KINDS = "md,jobs,deployments,services,pvc,configmaps"


def versions(namespace: Namespace) -> dict[str, str]:
    items = json.loads(namespace.kubectl("get", KINDS, "-o", "json"))["items"]
    return {f"{o['kind']}/{o['metadata']['name']}": o["metadata"]["resourceVersion"] for o in items}


@dataclass(frozen=True)
class Quiet:
    """A converged resource and its operator, left alone since a moment."""

    namespace: Namespace
    operator: OperatorProcess
    since: float
    writes: float
    versions: dict[str, str]


@pytest.fixture(scope="module", autouse=True)
def quiet(shared_namespace: Namespace, shared_operator: OperatorProcess) -> Quiet:
    """Made before the first test, so that its minute passes while the others run."""
    shared_namespace.apply(driven("quiet"))
    Kubelet(shared_namespace, "quiet").serve()
    time.sleep(5)  # until requests to the pods, which do not run, have failed for long enough
    before = versions(shared_namespace)
    return Quiet(shared_namespace, shared_operator, time.monotonic(), shared_operator.writes(), before)


def test_a_run_continues_when_the_operator_is_killed(namespace: Namespace, launcher: Launcher) -> None:
    first = launcher.start()
    namespace.apply(driven("churn"))
    kubelet = Kubelet(namespace, "churn")
    pod = kubelet.wait_pod("pipeline")
    first.stop(signal.SIGKILL)
    kubelet.succeed(pod)
    launcher.start()
    kubelet.get_ready(kubelet.wait_pod("serving"))
    assert len(namespace.list("jobs")) == 1
    assert len(kubelet.pods("pipeline")) == 1


def test_a_restart_with_everything_in_place_writes_nothing(namespace: Namespace, launcher: Launcher) -> None:
    first = launcher.start()
    namespace.apply(driven("churn"))
    Kubelet(namespace, "churn").serve()
    time.sleep(5)  # until requests to the pods, which do not run, have failed for long enough
    assert first.stop() == 0
    before = versions(namespace)
    second = launcher.start()
    time.sleep(5)
    assert second.metric("easymlops_reconcile_total", result="ok") >= 1
    assert second.writes() == 0
    assert versions(namespace) == before


def test_killing_the_operator_between_any_two_writes_creates_no_duplicates(
    namespace: Namespace, launcher: Launcher, proxy: FaultProxy
) -> None:
    """Every write goes through once and then fails, so that each pass is cut off after one step further."""
    lost: set[str] = set()

    def lose_each_path_once(method: str, path: str) -> int:
        if method not in {"PATCH", "POST"} or path in lost or "/events" in path:
            return 0
        lost.add(path)
        return 503

    proxy.judge = lose_each_path_once
    launcher.start(server=proxy.url)
    namespace.apply(driven("churn"))
    Kubelet(namespace, "churn").serve()
    assert len(namespace.list("jobs")) == len(namespace.list("deployments")) == len(namespace.list("services")) == 1
    assert len(lost) >= 5


def test_a_list_of_many_pages_is_not_restarted_for_each_failed_page(
    namespace: Namespace, launcher: Launcher, proxy: FaultProxy
) -> None:
    """Two hundred and fifty ConfigMaps are three pages, each of which fails at first."""
    labels = {"app.kubernetes.io/managed-by": "easy-mlops-operator"}
    maps = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"churn-{number}", "labels": labels}}
        for number in range(250)
    ]
    namespace.apply(*maps)
    asked: list[str] = []

    def fail_each_page_once(method: str, path: str) -> int:
        if "/configmaps?" not in path or "limit=" not in path:
            return 0
        asked.append(path)
        return 500 if asked.count(path) == 1 else 0

    proxy.judge = fail_each_page_once
    launcher.start(server=proxy.url)
    first, _, second, _, third, _ = asked
    assert asked == [first, first, second, second, third, third]


def test_sigterm_ends_the_operator_promptly_with_exit_code_zero(
    namespace: Namespace, operator: OperatorProcess
) -> None:
    namespace.apply(driven("churn"))
    Kubelet(namespace, "churn").wait_pod("pipeline")
    started = time.monotonic()
    assert operator.stop() == 0
    assert time.monotonic() - started < 5
    assert '"level": "ERROR"' not in operator.log.read_text()


def test_children_are_deleted_even_while_no_operator_runs(namespace: Namespace, launcher: Launcher) -> None:
    operator = launcher.start()
    namespace.apply(driven("churn"))
    Kubelet(namespace, "churn").serve()
    operator.stop()
    namespace.kubectl("delete", "md", "churn")
    for kind in ("deployment", "service", "job"):
        selector = "easymlops.dev/modeldeployment=churn"
        namespace.kubectl("wait", "--for=delete", kind, "-l", selector, "--timeout=60s")
    assert namespace.exists("pvc", "churn")


def test_a_converged_resource_costs_no_write_for_a_minute(quiet: Quiet) -> None:
    time.sleep(max(0.0, quiet.since + QUIET_SECONDS - time.monotonic()))
    assert quiet.operator.writes() == quiet.writes
    assert versions(quiet.namespace) == quiet.versions
