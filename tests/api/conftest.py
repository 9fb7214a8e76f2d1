"""A real API server: the operator runs beside it with the rights of its manifests, one namespace a test.

Pods ask for more CPU than any node has, so no kubelet ever touches them: the controllers of the cluster make Jobs,
pods and ReplicaSets as always, and the test plays the kubelet.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
import yaml
from kube import Namespace
from namespaces import new_namespace
from operator_fixtures import alone, crd, identity, launcher, namespace, proxy
from operator_process import Identity, Launcher, OperatorProcess

__all__ = ["alone", "crd", "identity", "launcher", "namespace", "proxy"]


@pytest.fixture(scope="module")
def shared_namespace() -> Iterator[Namespace]:
    """For tests that only ask the API server and leave nothing behind that others could see."""
    with new_namespace("api") as own:
        yield own


@pytest.fixture(scope="module")
def shared_operator(
    shared_namespace: Namespace,
    identity: Identity,
    crd: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OperatorProcess]:
    """An operator that watches the namespace of the module."""
    launcher = Launcher(shared_namespace, identity, tmp_path_factory.mktemp("operator"))
    with launcher.stack:
        yield launcher.start()


@pytest.fixture
def operator(launcher: Launcher) -> OperatorProcess:
    """An operator that watches the test's namespace."""
    return launcher.start()


@pytest.fixture
def name() -> str:
    """Name of a resource that no other test of the module uses."""
    return f"model-{random.randrange(16**6):06x}"


@pytest.fixture
def refused(shared_namespace: Namespace) -> Callable[..., str]:
    """Applies an object that must be refused; the API server's message."""

    def apply(body: dict[str, object]) -> str:
        answer = shared_namespace.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(body), check=False)
        assert "Error" in answer or "is invalid" in answer, answer
        return answer

    return apply
