"""Deleting a resource takes its children with it, and the claim only when it is not to be retained."""

from __future__ import annotations

import pytest
from kube import Namespace
from operator_process import Launcher, OperatorProcess
from stand_in import Kubelet, driven, is_settled


def children(namespace: Namespace) -> set[str]:
    selector = "easymlops.dev/modeldeployment=churn"
    kinds = ("deployment", "service", "job", "configmap", "pvc")
    return {kind for kind in kinds if namespace.list(kind, selector)}


def wait_gone(namespace: Namespace, *kinds: str) -> None:
    for kind in kinds:
        selector = "easymlops.dev/modeldeployment=churn"
        namespace.kubectl("wait", "--for=delete", kind, "-l", selector, "--timeout=60s")


@pytest.mark.parametrize("retain", [True, False])
def test_children_go_with_their_resource(namespace: Namespace, operator: OperatorProcess, retain: bool) -> None:
    namespace.apply(driven("churn", storage={"retain": retain}))
    Kubelet(namespace, "churn").serve()
    assert children(namespace) == {"deployment", "service", "job", "configmap", "pvc"}
    namespace.kubectl("delete", "md", "churn")
    wait_gone(namespace, "deployment", "service", "job", "configmap", "pods")
    if not retain:
        wait_gone(namespace, "pvc")
    assert children(namespace) == ({"pvc"} if retain else set())


def test_a_resource_made_anew_takes_the_retained_claim_over(namespace: Namespace, operator: OperatorProcess) -> None:
    namespace.apply(driven("churn"))
    kubelet = Kubelet(namespace, "churn")
    first = kubelet.serve()
    before = namespace.get("pvc", "churn")["metadata"]["uid"]
    namespace.kubectl("delete", "md", "churn")
    wait_gone(namespace, "deployment", "job", "pods")
    namespace.apply(driven("churn"))
    second = kubelet.serve()
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    assert namespace.get("pvc", "churn")["metadata"]["uid"] == before


def test_a_resource_made_anew_at_once_waits_for_the_old_ones_children(
    namespace: Namespace, operator: OperatorProcess
) -> None:
    namespace.apply(driven("churn"))
    kubelet = Kubelet(namespace, "churn")
    kubelet.serve()
    old = tuple(pod["metadata"]["name"] for pod in namespace.list("pods"))
    namespace.kubectl("delete", "md", "churn")
    namespace.apply(driven("churn"))
    kubelet.serve(without=old)


def test_children_go_even_while_no_operator_runs(namespace: Namespace, launcher: Launcher) -> None:
    operator = launcher.start()
    namespace.apply(driven("churn"))
    Kubelet(namespace, "churn").serve()
    operator.stop()
    namespace.kubectl("delete", "md", "churn")
    wait_gone(namespace, "deployment", "service", "job")
    assert children(namespace) == {"pvc"}


def test_a_foreground_deletion_is_not_fought(namespace: Namespace, operator: OperatorProcess) -> None:
    namespace.apply(driven("churn"))
    Kubelet(namespace, "churn").serve()
    namespace.kubectl("delete", "md", "churn", "--cascade=foreground", "--timeout=60s")
    assert not namespace.exists("md", "churn")
    namespace.apply(driven("churn"))
    namespace.wait("md", "churn", lambda o: not is_settled(o), seconds=10)
