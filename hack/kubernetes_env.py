"""The cluster that the scripts here work on: what `hack/cluster` started, or the user's own."""

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
    """Run hack/cluster, its output going to the terminal. Raises `CommandError`."""
    if code := subprocess.run([sys.executable, "hack/cluster", *arguments], cwd=ROOT, check=False).returncode:
        raise CommandError(f"hack/cluster {' '.join(arguments)} failed with exit code {code}; it says why above")


def use(name: str) -> None:
    """Take over the variables (KUBECONFIG, DOCKER_HOST, PATH) that `hack/cluster env` prints."""
    for line in run([sys.executable, "hack/cluster", "env", "--name", name], cwd=ROOT).splitlines():
        if match := re.fullmatch(r"export (\w+)=(.*)", line):
            os.environ[match[1]] = os.path.expandvars(shlex.split(match[2])[0])


def load(name: str, images: list[str]) -> None:
    """Bring images to all nodes that run pods."""
    with Step("loading the images into the cluster"):
        run([sys.executable, "hack/cluster", "load", "--name", name, *images], cwd=ROOT)


@contextmanager
def forwarded(what: str, port: int, namespace: str = "default") -> Iterator[str]:
    """The address on 127.0.0.1 that leads to a port of a Service or pod, as long as the context is open.

    Raises `CommandError`, for example when there is no such Service.
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
