"""Runs Python programs on a test cluster, which is removed afterwards unless KEEP_CLUSTER=1.

    python hack/run_on_cluster.py -m pytest tests/e2e
    python hack/run_on_cluster.py --meanwhile -m pytest tests/unit --bare -m pytest tests/api --then -m pytest tests/e2e

A program after `--then` (or without an option before it) runs with the operator installed, its images in the cluster,
and KUBECONFIG, OPERATOR_IMAGE and RUNTIME_IMAGE set. The program after `--bare` runs before the operator is installed.
If one of them fails, the following ones are not run and the cluster's logs are exported.
The program after `--meanwhile` needs no cluster: it runs at low priority while the cluster is created, the images are
built and the other programs run.
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
    """What to run, by phase: arguments of the Python interpreter, empty if there is no program."""

    meanwhile: list[str]
    bare: list[str]
    installed: list[list[str]]


def main(arguments: list[str]) -> int:
    programs = split(arguments)
    if not (programs.bare or programs.installed):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with in_parallel(programs.meanwhile) as parallel_code, test_cluster(), ThreadPoolExecutor(1) as pool:
            images_loaded = pool.submit(images.deliver_to, CLUSTER) if programs.installed else None
            code = run_bare(programs.bare) if programs.bare else 0
            if images_loaded:
                images_loaded.result()
            if programs.installed and not code:
                install.up()
            for program in programs.installed:
                code = code or run_program(program)
            if code:
                export_logs()
            return code or parallel_code.result()
    except CommandError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def split(arguments: list[str]) -> Programs:
    """Sort the arguments by the option before them."""
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
def in_parallel(program: list[str]) -> Iterator[Future[int]]:
    """The exit code of a program that runs while the context is open; leaving the context waits for it."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(run_in_background, program) if program else pool.submit(int)


@contextmanager
def test_cluster() -> Iterator[None]:
    """Create the test cluster and point the environment to it; other clusters of the same engine are left alone."""
    try:
        kubernetes_env.cluster("up", "--name", CLUSTER, "--nodes", str(NODES))
        kubernetes_env.use(CLUSTER)
        yield
    finally:
        if os.environ.get("KEEP_CLUSTER") != "1":
            kubernetes_env.cluster("down", "--name", CLUSTER, "--engine")


def run_bare(program: list[str]) -> int:
    """Run a program without a running operator."""
    with install.scaled_to_zero():
        return run_program(program)


def run_program(program: list[str]) -> int:
    return subprocess.run([sys.executable, *program], cwd=ROOT, check=False).returncode


def run_in_background(program: list[str]) -> int:
    """Run a program at low priority; its output is written in whole lines, since others write at the same time."""
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
