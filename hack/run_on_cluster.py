"""Runs Python programs on a cluster of their own, which is removed afterwards unless KEEP_CLUSTER=1.

    python hack/run_on_cluster.py -m pytest tests/e2e
    python hack/run_on_cluster.py --meanwhile -m pytest tests/unit --bare -m pytest tests/api --then -m pytest tests/e2e

A program behind `--then` (and one without anything before it) finds the operator installed, its images in the cluster,
and KUBECONFIG, OPERATOR_IMAGE and RUNTIME_IMAGE set. The one behind `--bare` comes before the operator and has the API
server to itself. When one of these fails, those after it do not run and the cluster's logs are exported.
The one behind `--meanwhile` needs no cluster: it takes what time the processors have left while that is made, the
images are built and the others wait.
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
        with beside(programs.meanwhile) as code_beside, own_cluster(), ThreadPoolExecutor(1) as pool:
            images_there = pool.submit(bring_images, wanted=bool(programs.installed))
            code = run_bare(programs.bare) if programs.bare else 0
            images_there.result()
            if programs.installed and not code:
                install.up()
            for program in programs.installed:
                code = code or run_program(program)
            if code:
                export_logs()
            return code or code_beside.result()
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
def beside(program: list[str]) -> Iterator[Future[int]]:
    """The exit code of a program that runs beside what is done here, and after it where that is over sooner."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(run_behind, program) if program else pool.submit(int)


@contextmanager
def own_cluster() -> Iterator[None]:
    """A cluster, named in the environment."""
    try:
        kubernetes_env.cluster("up", "--name", CLUSTER, "--nodes", str(NODES))
        kubernetes_env.use(CLUSTER)
        yield
    finally:
        if os.environ.get("KEEP_CLUSTER") != "1":
            kubernetes_env.cluster("down", "--name", CLUSTER, "--engine")


def bring_images(*, wanted: bool) -> None:
    if wanted:
        images.bring_to(CLUSTER)


def run_bare(program: list[str]) -> int:
    """Run a program that wants no operator."""
    with install.at_rest():
        return run_program(program)


def run_program(program: list[str]) -> int:
    return subprocess.run([sys.executable, *program], cwd=ROOT, check=False).returncode


def run_behind(program: list[str]) -> int:
    """Run a program with the time that others leave; its lines come whole, since others write meanwhile."""
    command = ["nice", "-n", "10", sys.executable, *program]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.buffer.write(line)
            sys.stdout.flush()
    return process.returncode


def export_logs() -> None:
    logs = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "make-mlops-easy" / "logs"
    kubernetes_env.cluster("logs", str(logs), "--name", CLUSTER)
    print(f"the cluster's logs are in {logs}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
