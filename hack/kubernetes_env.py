"""Access to the cluster that the scripts in this folder use, by way of `hack/cluster`."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from console import CommandError, Step, run

ROOT = Path(__file__).resolve().parent.parent


def cluster(*arguments: str) -> None:
    """Run hack/cluster with its output on the terminal. Raises `CommandError`."""
    if code := subprocess.run([sys.executable, "hack/cluster", *arguments], cwd=ROOT, check=False).returncode:
        raise CommandError(f"hack/cluster {' '.join(arguments)} failed with exit code {code}; see its output above")


def use(name: str) -> None:
    """Set the variables (KUBECONFIG, DOCKER_HOST, PATH) that `hack/cluster env` prints. Raises `CommandError`."""
    for line in run([sys.executable, "hack/cluster", "env", "--name", name], cwd=ROOT).splitlines():
        if match := re.fullmatch(r"export (\w+)=(.*)", line):
            os.environ[match[1]] = os.path.expandvars(shlex.split(match[2])[0])


def load(name: str, images: list[str]) -> None:
    """Load images into all nodes that run pods."""
    with Step("loading the images into the cluster"):
        run([sys.executable, "hack/cluster", "load", "--name", name, *images], cwd=ROOT)


@contextmanager
def forwarded(what: str, port: int, namespace: str = "default") -> Iterator[str]:
    """Forward a port of a Service or pod to an address on 127.0.0.1 while the context is open.

    Raises `CommandError`, for example if there is no such Service.
    """
    command = ["kubectl", "-n", namespace, "port-forward", "--address", "127.0.0.1", what, f":{port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not (match := re.match(r"Forwarding from (127\.0\.0\.1:\d+)", line)):
                raise CommandError(f"kubectl port-forward {what}: {line.strip()}")
            yield f"http://{match[1]}"
        finally:
            process.terminate()
