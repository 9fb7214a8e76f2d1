"""One kind cluster: made, found healthy, healed after a crash, removed."""

import functools
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .cache import write
from .engine import Engine
from .errors import ClusterError
from .kindconfig import audit_policy, kind_config
from .process import run, wait_until
from .progress import say, step

LABEL = "io.x-k8s.kind.cluster"
LEASE_SECONDS = 45.0  # a kubelet renews its lease every 10 seconds
RESTART_SECONDS = 90.0
READY_SECONDS = 180
SYSTEM_NAMESPACES = ("kube-system", "local-path-storage")


@dataclass(frozen=True)
class KindCluster:
    """A cluster by its name in one engine, with the programs to handle it."""

    name: str
    engine: Engine
    kind: Path
    kubectl: Path
    folder: Path

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    def containers(self) -> dict[str, bool]:
        """Node containers by name, and whether each one runs."""
        listing = ("ps", "--all", "--filter", f"label={LABEL}={self.name}", "--format", "{{.Names}}\t{{.State}}")
        lines = (line.split("\t") for line in self.engine.run(*listing).splitlines())
        return {name: state.startswith("running") for name, state in lines}

    def keep(self, nodes: int | None) -> bool:
        """Whether the cluster is there and healthy, with as many nodes as wanted (None: with any number).

        Starts nodes that have stopped; removes a cluster that stays broken or has another number of nodes.
        """
        containers = self.containers()
        if not containers:
            return False
        flaw = self._heal(containers, nodes or len(containers))
        if flaw is None:
            say(f"cluster {self.name}: healthy, kept as it is ({_count(len(containers))})")
            return True
        say(f"cluster {self.name}: {flaw}; it is made anew")
        self.delete()
        return False

    def _configuration(self, nodes: int, host_port: int) -> Path:
        policy, path = self.folder / "audit-policy.json", self.folder / "kind.json"
        write(policy, json.dumps(audit_policy()))
        write(path, json.dumps(kind_config(nodes=nodes, host_port=host_port, policy=policy), indent=1))
        return path

    def delete(self) -> None:
        with step(f"removal of cluster {self.name}"):
            command: list[str | Path] = [
                self.kind,
                "delete",
                "cluster",
                "--name",
                self.name,
                "--kubeconfig",
                self.kubeconfig,
            ]
            run(command, env=self.engine.environment)

    def export_logs(self, folder: Path) -> None:
        run([self.kind, "export", "logs", folder, "--name", self.name], env=self.engine.environment)

    def flaw(self, nodes: int) -> str | None:
        """What is wrong with the running cluster; None when nothing is."""
        if not self.kubeconfig.exists():
            return "its kubeconfig is missing"
        try:
            listed = json.loads(self.query("get", "nodes", "--output", "json"))
            leases = json.loads(self.query("get", "leases", "--namespace", "kube-node-lease", "--output", "json"))
        except ClusterError:
            return "its API does not answer"
        return node_flaw(listed["items"], leases["items"], nodes, datetime.now(UTC))

    def query(self, *arguments: str) -> str:
        """Standard output of ``kubectl ARGUMENTS`` against this cluster."""
        return run([self.kubectl, "--kubeconfig", self.kubeconfig, "--request-timeout=10s", *arguments])

    def _heal(self, containers: dict[str, bool], nodes: int) -> str | None:
        if len(containers) != nodes:
            return f"has {len(containers)} nodes, {nodes} are wanted"
        if not self.kubeconfig.exists():
            return "its creation was interrupted"
        stopped = [name for name, running in containers.items() if not running]
        if stopped:
            with step(f"start of stopped nodes: {', '.join(stopped)}"):
                self.engine.run("start", *stopped)
                wait_until(functools.partial(self._is_healthy, nodes), seconds=RESTART_SECONDS, every=1.0)
        flaw = self.flaw(nodes)
        if flaw is None:
            for node in json.loads(self.query("get", "nodes", "--output", "json"))["items"]:
                if node["spec"].get("unschedulable"):
                    self.query("uncordon", node["metadata"]["name"])
        return flaw

    def _is_healthy(self, nodes: int) -> bool:
        return self.flaw(nodes) is None

    def create(self, *, nodes: int, image: str, host_port: int, config: Path | None) -> None:
        """Makes the cluster and waits until its nodes and system pods are ready; ``config`` replaces ours."""
        settings = config or self._configuration(nodes, host_port)
        self.kubeconfig.unlink(missing_ok=True)
        unfinished = self.folder / "kubeconfig.unfinished"
        unfinished.unlink(missing_ok=True)
        with step("kind create cluster" + ("" if config else f", {_count(nodes)}")):
            command: list[str | Path] = [
                self.kind,
                "create",
                "cluster",
                "--name",
                self.name,
                "--image",
                image,
                "--config",
                settings,
            ]
            log = self.folder / "create.log"
            run([*command, "--wait", "120s", "--kubeconfig", unfinished], env=self.engine.environment, log=log)
        with step("system pods ready"):
            base: list[str | Path] = [self.kubectl, "--kubeconfig", unfinished, "wait", f"--timeout={READY_SECONDS}s"]
            run([*base, "--for=condition=Ready", "node", "--all"])
            for namespace in SYSTEM_NAMESPACES:
                run([*base, "--for=condition=Ready", "pod", "--all", "--namespace", namespace])
        unfinished.rename(self.kubeconfig)  # its presence tells that the creation was not interrupted


def node_flaw(nodes: list[Any], leases: list[Any], wanted: int, now: datetime) -> str | None:
    """What is wrong with the nodes as the API lists them: a condition can be stale, so leases count as well."""
    if len(nodes) != wanted:
        return f"the API lists {len(nodes)} nodes, {wanted} are wanted"
    renewed = {lease["metadata"]["name"]: lease["spec"].get("renewTime") for lease in leases}
    for node in nodes:
        name = node["metadata"]["name"]
        ready = {c["type"]: c["status"] for c in node["status"].get("conditions", [])}.get("Ready")
        if ready != "True":
            return f"node {name} is not ready"
        last = renewed.get(name)
        if not last or (now - datetime.fromisoformat(last)).total_seconds() > LEASE_SECONDS:
            return f"node {name} has stopped reporting"
    return None


def _count(nodes: int) -> str:
    return f"{nodes} node{'s' if nodes > 1 else ''}"
