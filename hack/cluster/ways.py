"""Decides how to create a cluster on this machine, from a few facts."""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from .engine import Engine
from .errors import ClusterError

SUITES = ("bookworm", "trixie")
CLIENTS = ("docker", "podman")


class Way(StrEnum):
    CURRENT = "current"  # the current kubeconfig
    KIND = "kind"  # the machine's engine, images from their registry
    BOOTSTRAP = "bootstrap"  # everything is built here, dockerd is installed if there is no engine


@dataclass(frozen=True)
class Machine:
    """The facts that the decision depends on."""

    root: bool
    suite: str  # Debian's code name; empty on other systems
    engine: Engine | None  # the running one
    pulls: bool


@dataclass(frozen=True)
class Choice:
    way: Way
    reason: str


def look() -> Machine:
    """Gathers the facts; tries to pull a tiny image if there is an engine."""
    engine = next((e for e in map(Engine, CLIENTS) if e.answers()), None)
    return Machine(
        root=os.geteuid() == 0,
        suite=debian_suite(_os_release()),
        engine=engine,
        pulls=engine is not None and engine.can_pull(),
    )


def choose(machine: Machine, forced: str) -> Choice:
    """Decides the way; ``forced`` is the value of the variable CLUSTER, empty for the automatic choice.

    Raises ClusterError with a message that names what is missing.
    """
    if forced == Way.CURRENT:
        return Choice(Way.CURRENT, "CLUSTER=current")
    if forced == Way.BOOTSTRAP:
        _require_bootstrap(machine, "CLUSTER=bootstrap")
        return Choice(Way.BOOTSTRAP, "CLUSTER=bootstrap")
    if forced == Way.KIND:
        if not machine.engine:
            raise ClusterError("CLUSTER=kind needs a container engine: neither docker nor podman answers (docker info)")
        if not machine.pulls:
            raise ClusterError(
                f"CLUSTER=kind needs images, and {machine.engine.client} cannot pull any: try CLUSTER=bootstrap"
            )
        return Choice(Way.KIND, "CLUSTER=kind")
    if forced:
        raise ClusterError(f"CLUSTER={forced} is none of {', '.join(Way)}")
    if machine.engine and machine.pulls:
        return Choice(Way.KIND, f"{machine.engine.client} answers and can pull images")
    lack = (
        f"{machine.engine.client} answers but cannot pull images"
        if machine.engine
        else "no container engine answers (docker info, podman info)"
    )
    _require_bootstrap(machine, lack)
    return Choice(Way.BOOTSTRAP, lack)


def _require_bootstrap(machine: Machine, because: str) -> None:
    if machine.suite not in SUITES:
        raise ClusterError(
            f"{because}, and a cluster can be bootstrapped on Debian 12 and 13 only. Start Docker or Podman with "
            "access to Docker Hub, or use a cluster that you have: CLUSTER=current"
        )
    if not machine.root:
        raise ClusterError(f"{because}, and bootstrapping one needs root: sudo --preserve-env python3 hack/cluster up")


def debian_suite(os_release: str) -> str:
    """Debian's code name from the text of /etc/os-release; empty for other systems."""
    values = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    if values.get("ID", "").strip('"') != "debian":
        return ""
    return values.get("VERSION_CODENAME", "").strip('"')


def _os_release() -> str:
    try:
        return Path("/etc/os-release").read_text()
    except OSError:
        return ""
