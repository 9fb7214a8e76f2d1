"""Two replicas and a real API server: one of them acts, and nothing is done twice, whatever happens to it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from fault_proxy import FaultProxy
from kube import Namespace
from operator_process import Identity, Launcher, OperatorProcess
from stand_in import Kubelet, driven

ROOT = Path(__file__).resolve().parents[2]
LEASE = "easy-mlops-operator"
HAND_OVER_SECONDS = 2.0
FAILOVER_SECONDS = 20.0

Start = Callable[..., OperatorProcess]


@pytest.fixture
def replica(launcher: Launcher, namespace: Namespace, identity: Identity) -> Start:
    """Starts a replica of a name; the Lease is in the test's namespace, with the rights of the manifests."""
    folder = ROOT / "manifests/components/ha"
    role, binding = (yaml.safe_load((folder / f"lease-role{end}.yaml").read_text()) for end in ("", "-binding"))
    role["metadata"]["namespace"] = binding["metadata"]["namespace"] = namespace.name
    binding["subjects"] = [identity.subject]
    namespace.apply(role, binding)

    def start(name: str, server: str | None = None) -> OperatorProcess:
        return launcher.start(server, LEADER_ELECTION="true", POD_NAME=name, POD_NAMESPACE=namespace.name)

    return start


def holder(namespace: Namespace) -> str:
    return str(namespace.get("lease", LEASE)["spec"]["holderIdentity"])


def versions(namespace: Namespace) -> dict[str, str]:
    kinds = ("md", "jobs", "deployments", "services", "pvc", "configmaps")
    found = [item for kind in kinds for item in namespace.list(kind)]
    return {f"{item['kind']}/{item['metadata']['name']}": item["metadata"]["resourceVersion"] for item in found}


def test_a_standby_is_ready_and_warm_and_writes_nothing(namespace: Namespace, replica: Start) -> None:
    leader = replica("a")
    leader.wait_leading(5)
    standby = replica("b")
    namespace.apply(driven("churn"))
    Kubelet(namespace, "churn").serve()
    assert (leader.get("/readyz"), standby.get("/readyz")) == ((200, "ok, leading\n"), (200, "ok, standing by\n"))
    assert standby.metric("easymlops_leader") == 0
    assert standby.metric("easymlops_resources", phase="Serving") == 1
    assert standby.metric("easymlops_reconcile_total") == standby.metric("easymlops_summary_requests_total") == 0
    assert standby.writes() == 0
    assert standby.metric("easymlops_api_requests_total", verb="replace_lease") == 0
    assert holder(namespace) == "a"


def test_sigterm_hands_over_within_two_seconds(namespace: Namespace, replica: Start) -> None:
    leader = replica("a")
    leader.wait_leading(5)
    standby = replica("b")
    namespace.apply(driven("churn"))
    Kubelet(namespace, "churn").serve()
    before = versions(namespace)
    leader.process.send_signal(signal.SIGTERM)
    assert standby.wait_leading(10) <= HAND_OVER_SECONDS
    assert leader.process.wait(10) == 0
    assert '"lease released"' in leader.log.read_text()
    time.sleep(3)
    assert standby.metric("easymlops_reconcile_total", result="ok") >= 1
    assert standby.writes() == 0  # taking over changes nothing
    assert versions(namespace) == before


def test_the_standby_takes_over_from_a_killed_leader_and_continues_its_work(
    namespace: Namespace, replica: Start
) -> None:
    leader = replica("a")
    leader.wait_leading(5)
    standby = replica("b")
    namespace.apply(driven("churn"))
    kubelet = Kubelet(namespace, "churn")
    pod = kubelet.wait_pod("pipeline")
    leader.stop(signal.SIGKILL)
    kubelet.succeed(pod)
    assert standby.wait_leading(30) <= FAILOVER_SECONDS
    kubelet.get_ready(kubelet.wait_pod("serving"))
    assert len(namespace.list("jobs")) == len(kubelet.pods("pipeline")) == 1
    assert namespace.get("lease", LEASE)["spec"]["leaseTransitions"] == 1


def test_a_restarted_container_of_the_leader_leads_immediately(namespace: Namespace, replica: Start) -> None:
    leader = replica("a")
    leader.wait_leading(5)
    replica("b")
    leader.stop(signal.SIGKILL)
    assert replica("a").wait_leading(10) <= 1
    assert holder(namespace) == "a"


def test_a_leader_frozen_past_its_lease_writes_nothing_when_it_resumes(namespace: Namespace, replica: Start) -> None:
    leader = replica("a")
    leader.wait_leading(5)
    standby = replica("b")
    namespace.apply(driven("churn"))
    kubelet = Kubelet(namespace, "churn")
    first = kubelet.wait_pod("pipeline")
    leader.process.send_signal(signal.SIGSTOP)
    kubelet.succeed(first)
    assert standby.wait_leading(30) <= FAILOVER_SECONDS
    kubelet.get_ready(kubelet.wait_pod("serving"))
    namespace.kubectl("patch", "md", "churn", "--type=merge", "-p", '{"spec": {"training": {"cv_folds": 2}}}')
    kubelet.wait_pod("pipeline", without=(first["metadata"]["name"],))
    time.sleep(2)
    before = versions(namespace)
    leader.process.send_signal(signal.SIGCONT)  # the change is buffered in its sockets
    assert leader.process.wait(10) == 1
    assert '"leadership lost"' in leader.log.read_text()
    time.sleep(1)
    assert versions(namespace) == before
    assert len(namespace.list("jobs")) == 2
    assert holder(namespace) == "b"


def test_a_leader_that_is_cut_off_stops_before_the_other_begins(
    namespace: Namespace, replica: Start, proxy: FaultProxy
) -> None:
    leader = replica("a", proxy.url)
    leader.wait_leading(5)
    standby = replica("b")
    proxy.judge = lambda method, path: 503
    namespace.apply(driven("churn"))
    cut_off_at = time.monotonic()
    while leader.leads:
        time.sleep(0.05)
    stopped_after = time.monotonic() - cut_off_at
    standby.wait_leading(20)
    assert stopped_after <= 10.5 < time.monotonic() - cut_off_at <= FAILOVER_SECONDS
    assert leader.process.wait(10) == 1
    Kubelet(namespace, "churn").wait_pod("pipeline")
    assert len(namespace.list("jobs")) == 1


def test_the_lease_is_the_only_one_that_it_may_write(namespace: Namespace, replica: Start, identity: Identity) -> None:
    assert identity.can(f"update leases.coordination.k8s.io/{LEASE}", namespace.name)
    for question in ("update leases.coordination.k8s.io/other", "list leases.coordination.k8s.io"):
        assert not identity.can(question, namespace.name)
