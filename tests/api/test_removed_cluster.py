"""kubectl with the settings of a cluster that was removed."""

from __future__ import annotations

from pathlib import Path

from cluster import kubeconfig
from cluster.cache import Cache
from kube import kubectl


def test_kubectl_prints_what_to_do_and_connects_to_nothing(tmp_path: Path) -> None:
    path = kubeconfig.publish_removed(Cache(tmp_path), "make-mlops-easy")
    printed = kubectl("--kubeconfig", str(path), "get", "nodes", check=False)
    assert "cluster make-mlops-easy does not exist: run `make cluster-up`" in printed
    assert "localhost" not in printed
