"""Helm installs two releases of the chart side by side, and removes one without touching the other."""

from __future__ import annotations

from pathlib import Path

import chart
from helm_chart import chosen, helm, write_chart
from kube import Namespace, kubectl
from namespaces import new_namespace


def names(kind: str, release: str) -> set[str]:
    selector = f"app.kubernetes.io/instance={release}"
    return set(kubectl("get", kind, "--all-namespaces", "-l", selector, "-o", "name").split())


def install(release: str, namespace: Namespace, folder: Path) -> str:
    values = chosen({"replicas": 0, "shard": release})
    return helm("install", release, folder, "--namespace", namespace.name, *values)


def test_two_releases_do_not_collide(namespace: Namespace, crd: str, tmp_path: Path) -> None:
    folder = write_chart(tmp_path)
    one, other = (f"{name}-{namespace.name[-6:]}" for name in ("blue", "green"))
    with new_namespace("chart-other") as second:
        notes = install(one, namespace, folder)
        assert f"{one}-{chart.NAME} watches all namespaces" in notes
        try:
            install(other, second, folder)
            before = names("clusterroles,clusterrolebindings", one)
            assert len(before) == 4
            helm("upgrade", other, folder, "--namespace", second.name, *chosen({"replicas": 0, "shard": "new"}))
            helm("uninstall", other, "--namespace", second.name)
            assert names("clusterroles,clusterrolebindings", one) == before
            assert not names("clusterroles,clusterrolebindings", other)
            assert namespace.get("deployment", f"{one}-{chart.NAME}")
        finally:
            helm("uninstall", one, "--namespace", namespace.name)
    assert kubectl("get", "crd", crd, "-o", "name")
