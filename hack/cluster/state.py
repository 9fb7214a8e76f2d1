"""What ``up`` leaves for the other commands: which way the cluster came about and how to reach it."""

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

NAME = re.compile(r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")


@dataclass(frozen=True)
class State:
    """One cluster, as the last ``up`` left it."""

    name: str
    way: Way
    kubeconfig: str
    client: str = "docker"
    docker_host: str | None = None
    nodes: int = 0
    host_port: int = 0
    sources: str = ""  # the key of this program's files when it made the cluster

    @property
    def engine(self) -> Engine:
        return Engine(self.client, self.docker_host)

    def save(self, cache: Cache) -> None:
        write(folder(cache, self.name) / "state.json", json.dumps(asdict(self), indent=1))

    def environment(self, cache: Cache, path: str) -> dict[str, str]:
        """Variables for programs that use the cluster; ``path`` is the PATH to extend."""
        rest = [entry for entry in path.split(os.pathsep) if entry != str(cache.bin)]
        return {
            "KUBECONFIG": self.kubeconfig,
            **(self.engine.environment if self.way != Way.CURRENT else {}),
            **({"CLUSTER_HOST_PORT": str(self.host_port)} if self.host_port else {}),
            "PATH": os.pathsep.join([str(cache.bin), *rest]),
        }


def load(cache: Cache, name: str) -> State:
    """The state of a cluster. Raises ClusterError when there is none."""
    found = find(cache, name)
    if not found:
        raise ClusterError(f"there is no cluster {name!r}: run `python3 hack/cluster up --name {name}` first")
    return found


def find(cache: Cache, name: str) -> State | None:
    try:
        values = json.loads((folder(cache, name) / "state.json").read_text())
    except (OSError, ValueError):
        return None
    return State(**{**values, "way": Way(values["way"])})


def names(cache: Cache) -> list[str]:
    """All clusters that have a folder."""
    return sorted(path.name for path in (cache.root / "clusters").glob("*"))


def bootstrapped(cache: Cache) -> list[str]:
    """Those that run, or were about to, in the engine that was bootstrapped: not somebody's kubeconfig as it was."""
    return [name for name in names(cache) if (known := find(cache, name)) is None or known.way == Way.BOOTSTRAP]


def folder(cache: Cache, name: str) -> Path:
    """Where a cluster's own files are. Raises ClusterError for a name that kind would not take."""
    if not NAME.match(name):
        raise ClusterError(f"{name!r} cannot be the name of a cluster: lower-case letters, digits, '.' and '-' only")
    return cache.root / "clusters" / name


def exports(variables: dict[str, str]) -> str:
    """Lines for a shell's ``eval``, whatever the values contain."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
