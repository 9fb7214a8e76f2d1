"""Fixtures of tests whose operator is a process beside a bare cluster; a conftest takes those that it wants."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from fault_proxy import FaultProxy, run_proxy
from install import CRD, wait_for_crd
from kube import Namespace, kubectl
from namespaces import new_namespace
from operator_process import Identity, Launcher, current_cluster

ROOT = Path(__file__).resolve().parents[2]
ROLE_FILES = ("role", "role-binding")


@pytest.fixture(scope="session")
def alone() -> None:
    """An installed operator would do the tests' work; hack/run_on_cluster.py --bare puts it to rest."""
    ready = kubectl("-n", "easy-mlops-system", "get", "deployment", "-o", "jsonpath={.items[*].status.readyReplicas}")
    if ready.strip():
        pytest.exit("an operator is at work in this cluster; use `make api`, or scale it to 0", returncode=1)


@pytest.fixture(scope="session")
def crd(alone: None) -> str:
    """Name of the CRD, which is installed as it is in the repository."""
    return install_crd()


def install_crd() -> str:
    """Install the CRD as it is in the repository; its name."""
    kubectl("apply", "--server-side", "--force-conflicts", "-k", str(ROOT / "crds"))
    wait_for_crd()
    return CRD


@pytest.fixture(scope="session")
def identity() -> Iterator[Identity]:
    """It has the rights of manifests/base."""
    with new_identity() as account:
        yield account


@contextmanager
def new_identity() -> Iterator[Identity]:
    """It has the rights of manifests/base; role and binding have names of their own, beside an installed operator's."""
    name = f"api-tests-{random.randrange(16**5):05x}"
    kubectl("create", "namespace", name)
    account = Identity.create(name)
    role, binding = (yaml.safe_load((ROOT / f"manifests/base/{file}.yaml").read_text()) for file in ROLE_FILES)
    role["metadata"]["name"] = binding["metadata"]["name"] = binding["roleRef"]["name"] = name
    binding["subjects"] = [account.subject]
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all([role, binding]))
    try:
        yield account
    finally:
        kubectl("delete", "namespace", name, "--wait=false")
        kubectl("delete", "clusterrole,clusterrolebinding", name)


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """The test's own namespace."""
    with new_namespace("api") as own:
        yield own


@pytest.fixture
def launcher(
    request: pytest.FixtureRequest, namespace: Namespace, identity: Identity, crd: str, tmp_path: Path
) -> Iterator[Launcher]:
    """Starts operators that watch the test's namespace."""
    if "proxy" in request.fixturenames:
        request.getfixturevalue("proxy")  # goes after the operators then, which would else call while it closes
    launcher = Launcher(namespace, identity, tmp_path)
    with launcher.stack:
        yield launcher


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    """A proxy that can fail requests."""
    with run_proxy(*current_cluster()) as running:
        yield running
