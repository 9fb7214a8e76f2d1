"""An operator with the rights of the namespaced overlay: a Role in its own namespace, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import rendering
from kube import Namespace
from operator_process import Identity, Launcher
from stand_in import Kubelet, driven


@pytest.fixture
def bound(namespace: Namespace) -> Identity:
    """A service account of the test's namespace, with Role and RoleBinding of the overlay."""
    account = Identity.create(namespace.name)
    for item in rendering.render("namespaced"):
        if item["kind"] in {"Role", "RoleBinding"}:
            item["metadata"]["namespace"] = namespace.name
            if "subjects" in item:
                item["subjects"] = [account.subject]
            namespace.apply(item)
    return account


def test_it_takes_a_resource_to_serving(namespace: Namespace, bound: Identity, crd: str, tmp_path: Path) -> None:
    launcher = Launcher(namespace, bound, tmp_path)
    with launcher.stack:
        operator = launcher.start()
        namespace.apply(driven("churn"))
        Kubelet(namespace, "churn").serve()
        assert operator.metric("easymlops_api_requests_total", code="403") == 0
        assert "forbidden" not in operator.log.read_text().lower()
        assert operator.stop() == 0


@pytest.mark.parametrize(
    "question",
    ["list modeldeployments.easymlops.dev", "create jobs.batch", "list namespaces", "get nodes", "watch pods"],
)
def test_it_may_do_nothing_anywhere_else(bound: Identity, crd: str, question: str) -> None:
    assert not bound.can(question)
