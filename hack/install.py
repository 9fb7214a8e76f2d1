"""Installs or removes CRD, RBAC and operator in the current cluster.

python hack/install.py up      requires OPERATOR_IMAGE and RUNTIME_IMAGE (see hack/images.py);
                               OVERLAY=ha installs two replicas
python hack/install.py down    removes everything, ModelDeployments included; retained claims stay
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import yaml
from console import CommandError, Step, run
from rendering import render, set_images

NAMESPACE = "easy-mlops-system"
DEPLOYMENT = "deployment/easy-mlops-operator"
CRD = "modeldeployments.easymlops.dev"


def up() -> None:
    images = {name: os.environ.get(name, "") for name in ("OPERATOR_IMAGE", "RUNTIME_IMAGE")}
    if unset := [name for name, value in images.items() if not value]:
        raise CommandError(f"{' and '.join(unset)} must be set")
    objects = render(os.environ.get("OVERLAY", "cluster"))
    text = yaml.safe_dump_all(set_images(objects, images["OPERATOR_IMAGE"], images["RUNTIME_IMAGE"]))
    with Step("installing CRD, RBAC and operator"):
        run(["kubectl", "apply", "--server-side", "--force-conflicts", "-f", "-"], stdin=text)
        wait_for_crd()
        run(["kubectl", "-n", NAMESPACE, "rollout", "status", DEPLOYMENT, "--timeout=180s"])


def wait_for_crd(seconds: float = 60) -> None:
    """Wait until the API server serves the CRD. Raises `CommandError` after `seconds`.

    `kubectl wait` cannot be used: it fails for a new CRD whose conditions are still null.
    """
    deadline = time.monotonic() + seconds
    while True:
        conditions = json.loads(run(["kubectl", "get", "crd", CRD, "-o", "json"])).get("status", {}).get("conditions")
        if any((item["type"], item["status"]) == ("Established", "True") for item in conditions or ()):
            return
        if time.monotonic() > deadline:
            raise CommandError(f"the API server does not serve {CRD} after {seconds:.0f} s: {conditions}")
        time.sleep(0.2)


@contextmanager
def scaled_to_zero() -> Iterator[None]:
    """Scale an installed operator, if there is one, to zero replicas while the context is open."""
    get = ["get", DEPLOYMENT, "-o", "jsonpath={.spec.replicas}", "--ignore-not-found"]
    pods_gone = ["wait", "--for=delete", "pod", "-l", "app.kubernetes.io/name=easy-mlops-operator"]
    replicas = run(["kubectl", "-n", NAMESPACE, *get]).strip()
    if replicas in {"", "0"}:
        yield
        return
    with Step("scaling the installed operator to zero"):
        run(["kubectl", "-n", NAMESPACE, "scale", DEPLOYMENT, "--replicas=0"])
        run(["kubectl", "-n", NAMESPACE, *pods_gone])
    try:
        yield
    finally:
        run(["kubectl", "-n", NAMESPACE, "scale", DEPLOYMENT, f"--replicas={replicas}"])
        run(["kubectl", "-n", NAMESPACE, "rollout", "status", DEPLOYMENT, "--timeout=120s"])


def down() -> None:
    with Step("removing the operator, its CRD and all ModelDeployments"):
        text = yaml.safe_dump_all(render("ha"))  # contains the objects of all other overlays
        run(["kubectl", "delete", "--ignore-not-found", "--timeout=180s", "-f", "-"], stdin=text)


def main(command: str) -> int:
    try:
        {"up": up, "down": down}[command]()
    except KeyError:
        print(__doc__, file=sys.stderr)
        return 2
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else ""))
