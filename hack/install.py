"""Installs or removes CRD, RBAC and operator in the current cluster.

python hack/install.py up      needs OPERATOR_IMAGE and RUNTIME_IMAGE (as hack/images.py prints them);
                               OVERLAY=ha installs two replicas
python hack/install.py down    removes everything, ModelDeployments included; retained claims stay
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import yaml
from console import CommandError, Step, run
from rendering import render, set_images

NAMESPACE = "easy-mlops-system"
DEPLOYMENT = "deployment/easy-mlops-operator"


def up() -> None:
    images = {name: os.environ.get(name, "") for name in ("OPERATOR_IMAGE", "RUNTIME_IMAGE")}
    if unset := [name for name, value in images.items() if not value]:
        raise CommandError(f"{' and '.join(unset)} must be set")
    objects = render(os.environ.get("OVERLAY", "cluster"))
    text = yaml.safe_dump_all(set_images(objects, images["OPERATOR_IMAGE"], images["RUNTIME_IMAGE"]))
    with Step("installing CRD, RBAC and operator"):
        run(["kubectl", "apply", "--server-side", "--force-conflicts", "-f", "-"], stdin=text)
        run(["kubectl", "wait", "--for=condition=Established", "crd/modeldeployments.easymlops.dev", "--timeout=60s"])
        run(["kubectl", "-n", NAMESPACE, "rollout", "status", DEPLOYMENT, "--timeout=180s"])


@contextmanager
def at_rest() -> Iterator[None]:
    """An installed operator, if there is one, has no pods meanwhile."""
    get = ["get", DEPLOYMENT, "-o", "jsonpath={.spec.replicas}", "--ignore-not-found"]
    pods_gone = ["wait", "--for=delete", "pod", "-l", "app.kubernetes.io/name=easy-mlops-operator"]
    replicas = run(["kubectl", "-n", NAMESPACE, *get]).strip()
    if replicas in {"", "0"}:
        yield
        return
    with Step("the installed operator goes to rest"):
        run(["kubectl", "-n", NAMESPACE, "scale", DEPLOYMENT, "--replicas=0"])
        run(["kubectl", "-n", NAMESPACE, *pods_gone])
    try:
        yield
    finally:
        run(["kubectl", "-n", NAMESPACE, "scale", DEPLOYMENT, f"--replicas={replicas}"])
        run(["kubectl", "-n", NAMESPACE, "rollout", "status", DEPLOYMENT, "--timeout=120s"])


def down() -> None:
    with Step("removing the operator, its CRD and all ModelDeployments"):
        text = yaml.safe_dump_all(render("ha"))  # the overlay that has all that the others have
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
