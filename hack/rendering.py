"""Renders a manifest for `kubectl apply -f` for each overlay, and a Helm chart with its package, into dist/.

python hack/rendering.py      OPERATOR_IMAGE and RUNTIME_IMAGE, if set, replace the images
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from shutil import rmtree, which
from typing import Any

import chart
import yaml
from cluster.cache import Cache
from cluster.kubectl import find_kubectl
from console import CommandError, run

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
OVERLAYS = {"cluster": "install.yaml", "ha": "install-ha.yaml", "namespaced": "install-namespaced.yaml"}
"""Each overlay, and the name of its manifest."""
CHARTED = (*OVERLAYS, "monitoring")
"""What the chart is made from."""
FOLDERS = {
    **{overlay: f"overlays/{overlay}" for overlay in OVERLAYS},
    "monitoring": "monitoring",
    "policy": "samples/policy",
}
"""Everything that can be rendered, with its folder below manifests/."""

Objects = list[dict[str, Any]]


def render(overlay: str) -> Objects:
    """The objects of an overlay, in the order in which to apply them. Raises `CommandError`."""
    if overlay not in FOLDERS:
        raise CommandError(f"there is no overlay {overlay!r}; allowed are {', '.join(FOLDERS)}")
    # No cluster is involved, so any version of kubectl works; if there is none, one is built.
    kubectl = which("kubectl") or str(find_kubectl(Cache.of_user()))
    text = run([kubectl, "kustomize", f"manifests/{FOLDERS[overlay]}"], cwd=ROOT)
    return [item for item in yaml.safe_load_all(text) if item]


def set_images(objects: Objects, operator_image: str, runtime_image: str) -> Objects:
    """Set the images in the operator's Deployment; an empty name keeps the present one."""
    for item in objects:
        if item["kind"] == "Deployment":
            container = item["spec"]["template"]["spec"]["containers"][0]
            container["image"] = operator_image or container["image"]
            for variable in container["env"]:
                if variable["name"] == "EASY_MLOPS_RUNTIME_IMAGE":
                    variable["value"] = runtime_image or variable["value"]
    return objects


def main() -> int:
    try:
        images = [os.environ.get(name, "") for name in ("OPERATOR_IMAGE", "RUNTIME_IMAGE")]
        rendered = {name: set_images(render(name), *images) for name in CHARTED}
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    rmtree(DIST / chart.NAME, ignore_errors=True)
    files = {name: yaml.safe_dump_all(rendered[overlay], width=120) for overlay, name in OVERLAYS.items()}
    files["monitoring.yaml"] = yaml.safe_dump_all(rendered["monitoring"], width=120)
    charted = chart.files(rendered)
    files |= {f"{chart.NAME}/{name}": text for name, text in charted.items()}
    written = {name: text.encode() for name, text in files.items()} | dict([chart.package(charted)])
    for name, content in written.items():
        path = DIST / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
