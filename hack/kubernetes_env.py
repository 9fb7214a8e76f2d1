"""The cluster that the scripts here work on: what `hack/cluster` started, or the user's own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from console import Step, run

ROOT = Path(__file__).resolve().parent.parent


def cluster(*arguments: str) -> None:
    """Run hack/cluster, its output going to the terminal. Raises `CalledProcessError`."""
    subprocess.run([sys.executable, "hack/cluster", *arguments], cwd=ROOT, check=True)


def use(name: str) -> None:
    """Take over the variables (KUBECONFIG, DOCKER_HOST, PATH) that `hack/cluster env` prints."""
    for line in run([sys.executable, "hack/cluster", "env", "--name", name], cwd=ROOT).splitlines():
        if match := re.fullmatch(r"export (\w+)=(.*)", line):
            os.environ[match[1]] = os.path.expandvars(shlex.split(match[2])[0])


def load(name: str, images: list[str]) -> None:
    """Bring images to all nodes."""
    with Step("loading the images into the cluster"):
        run([sys.executable, "hack/cluster", "load", "--name", name, *images], cwd=ROOT)
