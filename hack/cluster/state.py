"""What ``up`` leaves for the other commands: which way the cluster was created and how to reach it.

A name can stand for two clusters: the one that was created here, and the user's own, which ``CLUSTER=current`` selects.
Using the second leaves the state of the first untouched.
"""

import json
import os
import re
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path

from .cache import Cache, write
from .engine import Engine
from .errors import ClusterError
from .ways import Way

CREATED_FILE = "state.json"
CURRENT_FILE = "current.json"
NAME = re.compile(r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")


@dataclass(frozen=True)
class State:
    """One cluster, as of the last ``up``."""

    name: str
    way: Way
    kubeconfig: str
    client: str = "docker"
    docker_host: str | None = None
    nodes: int = 0
    host_port: int = 0
    sources: str = ""  # digest of this program's files when it created the cluster

    @property
    def engine(self) -> Engine:
        return Engine(self.client, self.docker_host)

    def save(self, cache: Cache) -> None:
        file = CURRENT_FILE if self.way == Way.CURRENT else CREATED_FILE
        write(folder(cache, self.name) / file, json.dumps(asdict(self), indent=1))

    def environment(self, cache: Cache, path: str) -> dict[str, str]:
        """Variables for programs that use the cluster; ``path`` is the PATH to extend."""
        rest = [entry for entry in path.split(os.pathsep) if entry != str(cache.bin)]
        return {
            "KUBECONFIG": self.kubeconfig,
            **(self.engine.environment if self.way != Way.CURRENT else {}),
            **({"CLUSTER_HOST_PORT": str(self.host_port)} if self.host_port else {}),
            "PATH": os.pathsep.join([str(cache.bin), *rest]),
        }


def load(cache: Cache, name: str, forced: str) -> State:
    """The state of the cluster to use: the user's own with CLUSTER=current, else the created one if there is one.

    ``forced`` is the value of the variable CLUSTER. Raises ClusterError when there is no such cluster.
    """
    current = find_current(cache, name)
    state = current if forced == Way.CURRENT else find_created(cache, name) or current
    if not state:
        raise ClusterError(f"there is no cluster {name!r}: run `python3 hack/cluster up --name {name}` first")
    return state


def find_created(cache: Cache, name: str) -> State | None:
    """The cluster that was created here."""
    created = _read(folder(cache, name) / CREATED_FILE)
    return None if created and created.way == Way.CURRENT else created  # earlier versions had one file for both


def find_current(cache: Cache, name: str) -> State | None:
    """The user's own cluster, as the last ``CLUSTER=current ... up`` with this name found it."""
    return _read(folder(cache, name) / CURRENT_FILE)


def forget_current(cache: Cache, name: str) -> None:
    """Forgets the user's own cluster; a folder without any state would stand for an interrupted creation."""
    if find_current(cache, name) is None:
        return
    (folder(cache, name) / CURRENT_FILE).unlink()
    if not any(folder(cache, name).iterdir()):
        folder(cache, name).rmdir()


def _read(path: Path) -> State | None:
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return State(**{**values, "way": Way(values["way"])})


def names(cache: Cache) -> list[str]:
    """All clusters that have a folder."""
    return sorted(path.name for path in (cache.root / "clusters").glob("*"))


def bootstrapped(cache: Cache) -> list[str]:
    """Clusters that run in the bootstrapped engine, or whose creation was interrupted."""
    return [name for name in names(cache) if _may_be_bootstrapped(cache, name)]


def _may_be_bootstrapped(cache: Cache, name: str) -> bool:
    created = find_created(cache, name)
    return created.way == Way.BOOTSTRAP if created else find_current(cache, name) is None


def folder(cache: Cache, name: str) -> Path:
    """The folder of a cluster's files. Raises ClusterError for a name that kind does not accept."""
    if not NAME.match(name):
        raise ClusterError(f"{name!r} cannot be the name of a cluster: lower-case letters, digits, '.' and '-' only")
    return cache.root / "clusters" / name


def exports(variables: dict[str, str]) -> str:
    """Lines for a shell's ``eval``; the values are quoted."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
