"""Runs Python programs on a cluster of their own, which is removed afterwards unless KEEP_CLUSTER=1.

    python hack/run_on_cluster.py -m pytest tests/e2e
    python hack/run_on_cluster.py --bare -m pytest tests/api --then -m pytest tests/e2e --then -m pytest tests/docs

A program finds the operator installed, its images in the cluster, and KUBECONFIG, OPERATOR_IMAGE and RUNTIME_IMAGE
set. What stands behind `--bare` needs none of this: it has the API server to itself while the images are built and
brought to the nodes. When a program fails, those after it do not run and the cluster's logs are exported.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import images
import install
import kubernetes_env
from console import CommandError

ROOT = Path(__file__).resolve().parent.parent
CLUSTER = "make-mlops-easy-test"
NODES = 3


def main(arguments: list[str]) -> int:
    bare, installed = split(arguments)
    if not bare and not installed:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with own_cluster():
            code = run_bare(bare, then_installed=bool(installed)) if bare else 0
            if installed and not bare:
                images.bring_to(CLUSTER)
            if installed and not code:
                install.up()
            for program in installed:
                code = code or run_program(program)
            if code:
                export_logs()
            return code
    except CommandError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def split(arguments: list[str]) -> tuple[list[str], list[list[str]]]:
    """The program for the bare cluster, and those for the cluster with the operator."""
    programs: list[list[str]] = [[]]
    for argument in arguments:
        if argument == "--then":
            programs.append([])
        else:
            programs[-1].append(argument)
    programs = [program for program in programs if program]
    if programs and programs[0][0] == "--bare":
        return programs[0][1:], programs[1:]
    return [], programs


@contextmanager
def own_cluster() -> Iterator[None]:
    try:
        kubernetes_env.cluster("up", "--name", CLUSTER, "--nodes", str(NODES))
        kubernetes_env.use(CLUSTER)
        yield
    finally:
        if os.environ.get("KEEP_CLUSTER") != "1":
            kubernetes_env.cluster("down", "--name", CLUSTER, "--engine")


def run_bare(program: list[str], *, then_installed: bool) -> int:
    """Run a program that wants no operator; images for those that do come meanwhile, since it mostly waits."""
    with ThreadPoolExecutor(1) as pool:
        coming = [pool.submit(images.bring_to, CLUSTER)] if then_installed else []
        with install.at_rest():
            code = run_program(program)
        for images_there in coming:
            images_there.result()
    return code


def run_program(program: list[str]) -> int:
    return subprocess.run([sys.executable, *program], cwd=ROOT, check=False).returncode


def export_logs() -> None:
    logs = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "make-mlops-easy" / "logs"
    kubernetes_env.cluster("logs", str(logs), "--name", CLUSTER)
    print(f"the cluster's logs are in {logs}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
