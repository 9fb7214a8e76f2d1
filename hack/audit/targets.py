"""What is audited: everything that is installed, all child objects of a ModelDeployment, and the examples."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import rendering
import yaml

ROOT: Final = rendering.ROOT
SOURCES: Final = ("operator/src", "runtime/src")
DOCKERFILE: Final = "Dockerfile"

Object = dict[str, Any]


def write(folder: Path) -> list[Path]:
    """Write all manifests into `folder`, a file for each overlay or other source; returns the files."""
    files = []
    for name, objects in _rendered():
        path = folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump_all(objects, sort_keys=False))
        files.append(path)
    return files


def _rendered() -> Iterator[tuple[str, list[Object]]]:
    for name in rendering.FOLDERS:
        yield name, rendering.render(name)
    yield "examples", [yaml.safe_load(path.read_text()) for path in sorted((ROOT / "examples").rglob("*.yaml"))]
    yield "children", children()


def children() -> list[Object]:
    """Every kind of child object, as the operator's core creates them in the tests' model of a cluster."""
    support = str(ROOT / "tests" / "support")
    if support not in sys.path:
        sys.path.insert(0, support)
    from model_cluster import ModelCluster, model_deployment

    spec: Object = {
        "storage": {"accessModes": ["ReadWriteMany"]},
        "serving": {"autoscaling": {"minReplicas": 2, "maxReplicas": 4}},
    }
    cluster = ModelCluster(model_deployment(**spec))
    made: dict[tuple[str, str], Object] = {}
    apply = cluster.apply

    def remember(manifest: Object) -> None:
        made[manifest["kind"], manifest["metadata"]["name"]] = manifest
        apply(manifest)

    cluster.apply = remember  # type: ignore[method-assign]
    cluster.train()
    return list(made.values())
