"""The operator of this checkout, and the one of the commit before, each with its own images and manifests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import kubernetes_env
import pytest
from kube import Namespace, kubectl
from namespaces import restricted_namespace
from operator_version import Version

ROOT = Path(__file__).resolve().parents[2]
CONTENTS = ("operator/src", "runtime", "Dockerfile", "uv.lock")
"""What images are made of: a commit that touches none of it is no other version."""


@pytest.fixture(scope="session")
def this() -> Version:
    names = ("OPERATOR_IMAGE", "RUNTIME_IMAGE")
    return Version(ROOT, {name: os.environ[name] for name in names})


@pytest.fixture(scope="session")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Version]:
    """The commit before the last one that changed the images; $FROM picks another."""
    commit = os.environ.get("FROM") or f"{git('log', '-1', '--format=%H', '--', *CONTENTS)}^"
    checkout = tmp_path_factory.mktemp("earlier") / "checkout"
    git("worktree", "add", "--detach", str(checkout), commit)
    try:
        environment = {name: value for name, value in os.environ.items() if not name.endswith("_IMAGE")}
        built = subprocess.run(
            [sys.executable, "hack/images.py"],
            cwd=checkout,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        images = dict(re.findall(r"export (\w+)=(\S+)", built.stdout))
        cluster = kubectl("config", "current-context").strip().removeprefix("kind-")
        kubernetes_env.load(cluster, list(images.values()))
        yield Version(checkout, images)
    finally:
        git("worktree", "remove", "--force", str(checkout))


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """The test's own."""
    with restricted_namespace("upgrade") as own:
        yield own


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()
