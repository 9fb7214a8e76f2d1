"""Debian packages that the bootstrap needs, and their installation."""

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from .errors import ClusterError
from .process import run
from .progress import step

# The package of each program. Debian 12 has the docker client in docker.io, Debian 13 in docker-cli.
PROGRAMS = {
    "containerd": "containerd",
    "ctr": "containerd",
    "debootstrap": "debootstrap",
    "docker": "docker.io",
    "dockerd": "docker.io",
    "iptables": "iptables",
    "ip": "iproute2",
    "runc": "runc",
    "tar": "tar",
}
SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"  # not on the PATH of every shell


def which(program: str) -> str | None:
    """Finds a program on PATH or in the folders for system administration."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:{SYSTEM_FOLDERS}")


def missing_packages(suite: str, have: Callable[[str], object] = which) -> list[str]:
    """Names of the packages to install, in alphabetical order."""
    wanted = dict(PROGRAMS)
    if suite not in ("bookworm", "bullseye"):
        wanted["docker"] = "docker-cli"
    return sorted({package for program, package in wanted.items() if not have(program)})


def install_command(packages: Iterable[str]) -> str:
    return f"apt-get update && apt-get install --yes --no-install-recommends {' '.join(packages)}"


def ensure_packages(needed: list[str], *, root: bool, log: Path) -> None:
    """Installs packages as root; otherwise raises ClusterError with the command to run."""
    if not needed:
        return
    if not root or not shutil.which("apt-get"):
        raise ClusterError(f"missing: {', '.join(needed)}. Run as root: {install_command(needed)}")
    with step(f"apt-get install {' '.join(needed)}"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update"], env=quiet, log=log)
        run(["apt-get", "install", "--yes", "--no-install-recommends", *needed], env=quiet, log=log)
