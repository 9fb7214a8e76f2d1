"""Two replicas as `overlays/ha` installs them: the leader is killed, then both are replaced; nothing is done twice."""

from __future__ import annotations

import time
from collections.abc import Iterator

import install
import pytest
from kube import Namespace, Object, kubectl, model_deployment, ready
from rendering import render

OPERATOR = Namespace(install.NAMESPACE)
PODS = "app.kubernetes.io/name=easy-mlops-operator"
LEASE = "easy-mlops-operator"
FAILOVER_SECONDS = 20.0


@pytest.fixture(scope="module")
def replicas() -> Iterator[None]:
    """The operator with two replicas; afterwards it is as it was."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OVERLAY", "ha")
        install.up()
    yield
    install.up()
    base = {identity(obj) for obj in render("cluster")}
    for kind, namespace, name in {identity(obj) for obj in render("ha")} - base:
        kubectl("-n", namespace or "default", "delete", kind, name)


def identity(obj: Object) -> tuple[str, str, str]:
    metadata = obj["metadata"]
    return obj["kind"], metadata.get("namespace", ""), metadata["name"]


def leader() -> str:
    return str(OPERATOR.get("lease", LEASE)["spec"].get("holderIdentity", ""))


def wait_for_another(than: str, seconds: float) -> str:
    """The leader, once it is another one."""
    started = time.monotonic()
    while (now := leader()) in ("", than):
        assert time.monotonic() < started + seconds, f"{now!r} leads after {seconds:.0f} s"
        time.sleep(0.2)
    return now


def jobs(namespace: Namespace, name: str) -> list[str]:
    found = namespace.list("jobs", f"easymlops.dev/modeldeployment={name}")
    return [job["metadata"]["uid"] for job in found]


def test_the_standby_takes_over_from_a_leader_that_was_killed(replicas: None, namespace: Namespace) -> None:
    namespace.apply(model_deployment("killed"))
    namespace.wait("md", "killed", lambda _: len(jobs(namespace, "killed")) == 1, seconds=60, what="a Job")
    before = jobs(namespace, "killed")
    old = leader()
    OPERATOR.kubectl("delete", "pod", old, "--grace-period=0", "--force")
    wait_for_another(old, FAILOVER_SECONDS)
    ready(namespace, "killed")
    assert jobs(namespace, "killed") == before


def test_a_rollout_of_the_operator_hands_over_and_loses_nothing(replicas: None, namespace: Namespace) -> None:
    namespace.apply(model_deployment("rolled"))
    old = leader()
    OPERATOR.kubectl("rollout", "restart", install.DEPLOYMENT)
    OPERATOR.kubectl("rollout", "status", install.DEPLOYMENT, "--timeout=180s")
    pods = {
        pod["metadata"]["name"] for pod in OPERATOR.list("pods", PODS) if "deletionTimestamp" not in pod["metadata"]
    }
    assert len(pods) == 2
    assert wait_for_another(old, FAILOVER_SECONDS) in pods
    ready(namespace, "rolled")
    assert len(jobs(namespace, "rolled")) == 1
