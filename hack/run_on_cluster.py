"""Runs Python programs on a cluster of their own, which is removed afterwards unless KEEP_CLUSTER=1.

    python hack/run_on_cluster.py -m pytest tests/e2e
    python hack/run_on_cluster.py --meanwhile -m pytest tests/unit --bare -m pytest tests/api --then -m pytest tests/e2e

A program behind `--then` (and one without anything before it) finds the operator installed, its images in the cluster,
and KUBECONFIG, OPERATOR_IMAGE and RUNTIME_IMAGE set. The one behind `--bare` comes before the operator and has the API
server to itself. The one behind `--meanwhile` needs no cluster: it runs while that is made and the images are built.
When a program fails, those after it do not run and the cluster's logs are exported.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import images
import install
import kubernetes_env
from console import CommandError

ROOT = Path(__file__).resolve().parent.parent
CLUSTER = "make-mlops-easy-test"
NODES = 3


@dataclass
class Programs:
    """What to run, by when: each is a list of Python's arguments, empty when there is none."""

    meanwhile: list[str]
    bare: list[str]
    installed: list[list[str]]


def main(arguments: list[str]) -> int:
    programs = split(arguments)
    if not (programs.bare or programs.installed):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with own_cluster(programs) as (code, images_there):
            code = code or (run_bare(programs.bare) if programs.bare else 0)
            images_there.result()
            if programs.installed and not code:
                install.up()
            for program in programs.installed:
                code = code or run_program(program)
            if code:
                export_logs()
            return code
    except CommandError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def split(arguments: list[str]) -> Programs:
    """Sort the arguments by the words that stand before them."""
    programs = Programs([], [], [])
    current: list[str] = []
    for argument in ("--then", *arguments):
        if argument == "--then":
            programs.installed.append(current := [])
        elif argument == "--bare":
            current = programs.bare
        elif argument == "--meanwhile":
            current = programs.meanwhile
        else:
            current.append(argument)
    programs.installed = [program for program in programs.installed if program]
    return programs


@contextmanager
def own_cluster(programs: Programs) -> Iterator[tuple[int, Future[None]]]:
    """The exit code of what ran while the cluster was made, and when its nodes will have the images wanted there."""
    try:
        with ThreadPoolExecutor(2) as pool:
            up = pool.submit(bring_up)
            images_there = pool.submit(bring_images, up, wanted=bool(programs.installed))
            code = run_program(programs.meanwhile) if programs.meanwhile else 0
            up.result()
            yield code, images_there
    finally:
        if os.environ.get("KEEP_CLUSTER") != "1":
            kubernetes_env.cluster("down", "--name", CLUSTER, "--engine")


def bring_up() -> None:
    kubernetes_env.cluster("up", "--name", CLUSTER, "--nodes", str(NODES))
    kubernetes_env.use(CLUSTER)


def bring_images(up: Future[None], *, wanted: bool) -> None:
    up.result()
    if wanted:
        images.bring_to(CLUSTER)


def run_bare(program: list[str]) -> int:
    """Run a program that wants no operator."""
    with install.at_rest():
        return run_program(program)


def run_program(program: list[str]) -> int:
    return subprocess.run([sys.executable, *program], cwd=ROOT, check=False).returncode


def export_logs() -> None:
    logs = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "make-mlops-easy" / "logs"
    kubernetes_env.cluster("logs", str(logs), "--name", CLUSTER)
    print(f"the cluster's logs are in {logs}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
