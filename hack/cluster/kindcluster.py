"""One kind cluster: create it, check it, repair it after a crash, remove it."""

import functools
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .cache import write
from .engine import Engine
from .errors import ClusterError
from .health import LEASE_SECONDS, cordoned, node_flaw
from .kindconfig import NODE_PORT, audit_policy, kind_config
from .process import run, wait_until
from .progress import say, step

LABEL = "io.x-k8s.kind.cluster"
ROLE_LABEL = "io.x-k8s.kind.role"
RECOVERY_SECONDS = 60.0
READY_SECONDS = 180
SYSTEM_NAMESPACES = ("kube-system", "local-path-storage")


@dataclass(frozen=True)
class KindCluster:
    """A cluster in an engine, and the programs to manage it."""

    name: str
    engine: Engine
    kind: Path
    kubectl: Path
    folder: Path

    @property
    def kubeconfig(self) -> Path:
        """Exists only after the creation was complete."""
        return self.folder / "kubeconfig"

    def containers(self) -> dict[str, bool]:
        """Node containers by name, and whether each one runs."""
        listing = ("ps", "--all", "--filter", f"label={LABEL}={self.name}", "--format", "{{.Names}}\t{{.State}}")
        lines = (line.split("\t") for line in self.engine.run(*listing).splitlines())
        return {name: state.startswith("running") for name, state in lines}

    def workers(self) -> list[str]:
        """Nodes that run pods of any kind: the control plane only if it is the only node."""
        listing = ("ps", "--all", "--filter", f"label={LABEL}={self.name}", "--format")
        lines = self.engine.run(*listing, f'{{{{.Names}}}}\t{{{{.Label "{ROLE_LABEL}"}}}}').splitlines()
        roles = dict(line.split("\t") for line in lines)
        return [name for name, role in roles.items() if role == "worker"] or list(roles)

    def host_port(self) -> int:
        """The port of this machine that leads to the first node port; 0 if there is none."""
        try:
            published = self.engine.run("port", f"{self.name}-control-plane", f"{NODE_PORT}/tcp")
        except ClusterError:
            return 0
        return int(published.split()[0].rsplit(":", 1)[1])

    def keep(self, nodes: int | None) -> bool:
        """Whether the cluster exists and is healthy, with this number of nodes (None: any number).

        Starts nodes that have stopped; removes a cluster that stays broken or has another number of nodes.
        """
        containers = self.containers()
        if not containers:
            return False
        flaw = self._heal(containers, nodes or len(containers))
        if flaw is None:
            say(f"cluster {self.name}: healthy, unchanged ({_count(len(containers))})")
            return True
        say(f"cluster {self.name}: {flaw}; it is recreated")
        self.delete()
        return False

    def create(self, *, nodes: int, image: str, host_port: int, config: Path | None) -> None:
        """Creates the cluster and waits until its nodes and system pods are ready; ``config`` replaces ours."""
        settings = config or self._configuration(nodes, host_port)
        unfinished = self.folder / "kubeconfig.unfinished"
        for path in (self.kubeconfig, unfinished):
            path.unlink(missing_ok=True)
        with step("kind create cluster" if config else f"kind create cluster, {_count(nodes)}"):
            options = ["--image", image, "--config", str(settings), "--wait", "120s", "--kubeconfig", str(unfinished)]
            self._run_kind("create", "cluster", *options, log=self.folder / "create.log")
        with step("system pods ready"):
            self._wait_ready(unfinished)
        unfinished.rename(self.kubeconfig)

    def delete(self) -> None:
        """Removes the cluster's containers, if there are any."""
        with step(f"removal of cluster {self.name}"):
            self._run_kind("delete", "cluster", "--kubeconfig", str(self.kubeconfig))

    def export_logs(self, folder: Path) -> None:
        """Writes the logs of the nodes' services and of all pods."""
        self._run_kind("export", "logs", str(folder))

    def query(self, *arguments: str) -> str:
        """Standard output of ``kubectl ARGUMENTS`` for this cluster."""
        return run([self.kubectl, "--kubeconfig", self.kubeconfig, "--request-timeout=10s", *arguments])

    def flaw(self, nodes: int) -> str | None:
        """The first problem of the running cluster, or None."""
        try:
            since = max(self._started(), datetime.now(UTC) - timedelta(seconds=LEASE_SECONDS))
            leases = self._items("leases", "--namespace", "kube-node-lease")
            return node_flaw(self._items("nodes"), leases, wanted=nodes, reported_since=since)
        except ClusterError:
            return "its API does not answer"

    def _heal(self, containers: dict[str, bool], nodes: int) -> str | None:
        if len(containers) != nodes:
            return f"has {_count(len(containers))}, expected {nodes}"
        if not self.kubeconfig.exists():
            return "its creation was interrupted"
        stopped = [name for name, running in containers.items() if not running]
        if stopped:
            self.engine.run("start", *stopped)
            say(f"cluster {self.name}: started {', '.join(stopped)}, which had stopped")
        flaw = self.flaw(nodes)
        if flaw:
            with step(f"cluster {self.name}: {flaw}, waiting for it to recover"):
                wait_until(functools.partial(self._is_healthy, nodes), seconds=RECOVERY_SECONDS, every=1.0)
            flaw = self.flaw(nodes)
        if flaw is None:
            for name in cordoned(self._items("nodes")):
                self.query("uncordon", name)
            try:
                self._wait_ready(self.kubeconfig)
            except ClusterError:
                return "its system pods do not become ready"
        return flaw

    def _is_healthy(self, nodes: int) -> bool:
        return self.flaw(nodes) is None

    def _started(self) -> datetime:
        """When the last node was started."""
        inspect = ("inspect", "--format", "{{json .State.StartedAt}}", *self.containers())
        return max(datetime.fromisoformat(json.loads(line)) for line in self.engine.run(*inspect).splitlines())

    def _items(self, *what: str) -> list[Any]:
        return list(json.loads(self.query("get", *what, "--output", "json"))["items"])

    def _wait_ready(self, kubeconfig: Path) -> None:
        wait = ["wait", "--for=condition=Ready", f"--timeout={READY_SECONDS}s", "--all"]
        base: list[str | Path] = [self.kubectl, "--kubeconfig", kubeconfig, *wait]
        run([*base, "node"])
        for namespace in SYSTEM_NAMESPACES:
            run([*base, "pod", "--namespace", namespace])

    def _configuration(self, nodes: int, host_port: int) -> Path:
        policy, path = self.folder / "audit-policy.json", self.folder / "kind.json"
        write(policy, json.dumps(audit_policy()))
        write(path, json.dumps(kind_config(nodes=nodes, host_port=host_port, policy=policy), indent=1))
        return path

    def _run_kind(self, *arguments: str, log: Path | None = None) -> None:
        run([self.kind, *arguments, "--name", self.name], env=self.engine.environment, log=log)


def kind_clusters(engine: Engine) -> set[str]:
    """Names of the clusters that have containers in an engine."""
    listing = ("ps", "--all", "--filter", f"label={LABEL}", "--format", f'{{{{.Label "{LABEL}"}}}}')
    return set(engine.run(*listing).split())


def _count(nodes: int) -> str:
    return f"{nodes} node{'s' if nodes > 1 else ''}"
