"""The images: the operator's without the learning stack, both without a compiler and under a numeric user."""

from __future__ import annotations

import json
import os

import pytest
from kube import Namespace, Object, kubectl

LOOK = """
import importlib.util, json, os, shutil
print(json.dumps({
    "uid": os.getuid(),
    "modules": [m for m in ("sklearn", "pandas", "numpy", "scipy", "pyarrow") if importlib.util.find_spec(m)],
    "tools": [t for t in ("gcc", "cc", "uv", "cargo") if shutil.which(t)],
    "caches": [p for p in ("/root/.cache", "/tmp/.cache", "/root/.cargo") if os.path.exists(p)],
}))
"""


def look(namespace: Namespace, name: str, image: str) -> Object:
    """The contents of an image, reported by a pod of it that meets the restricted standard."""
    container = {
        "name": "look",
        "image": image,
        "command": ["python3", "-c", LOOK],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    security = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    pod = {"restartPolicy": "Never", "securityContext": security, "containers": [container]}
    namespace.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": pod})
    namespace.wait("pod", name, lambda o: o["status"].get("phase") == "Succeeded", seconds=90, what="done")
    found: Object = json.loads(namespace.kubectl("logs", name))
    return found


@pytest.mark.parametrize(
    ("name", "variable", "modules"),
    [
        ("operator", "OPERATOR_IMAGE", []),
        ("runtime", "RUNTIME_IMAGE", ["sklearn", "pandas", "numpy", "scipy", "pyarrow"]),
    ],
)
def test_an_image_has_what_it_needs_and_no_more(
    namespace: Namespace, name: str, variable: str, modules: list[str]
) -> None:
    found = look(namespace, name, os.environ[variable])
    assert found == {"uid": 10001, "modules": modules, "tools": [], "caches": []}


def test_the_installed_operator_runs_this_build() -> None:
    image = kubectl(
        *("-n", "easy-mlops-system", "get", "deployment", "easy-mlops-operator"),
        *("-o", "jsonpath={.spec.template.spec.containers[0].image}"),
    )
    assert image == os.environ["OPERATOR_IMAGE"]
