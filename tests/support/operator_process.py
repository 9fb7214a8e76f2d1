"""The operator as a process of its own, beside the cluster, with the rights of its manifests and one namespace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from kube import Namespace, kubectl

PROGRAM = ("-m", "easy_mlops_operator.main")
WRITING = ("apply", "apply_status", "delete", "create", "patch")
"""Requests that change resources, their children and Events. Leases are written by other verbs (`replace_lease`):
a leader renews its own every two seconds, whatever happens."""


@dataclass
class OperatorProcess:
    """A running operator; `log` is its log file."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of its HTTP server's answer; 0 while it does not listen."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name: str, /, **labels: str) -> float:
        """Sum of the samples of a metric that have these labels."""
        total = 0.0
        for line in self.get("/metrics")[1].splitlines():
            sample, _, value = line.rpartition(" ")
            if sample.partition("{")[0] == name and all(f'{key}="{text}"' in sample for key, text in labels.items()):
                total += float(value)
        return total

    def writes(self) -> float:
        """Requests so far that change something."""
        return sum(self.metric("easymlops_api_requests_total", verb=verb) for verb in WRITING)

    @property
    def leads(self) -> bool:
        """Whether it acts, by its own word."""
        return self.metric("easymlops_leader") == 1

    def wait_leading(self, seconds: float) -> float:
        """Wait until it leads; the seconds that took."""
        started = time.monotonic()
        while not self.leads:
            assert time.monotonic() - started < seconds, f"does not lead: {self.log.read_text()[-4000:]}"
            time.sleep(0.05)
        return time.monotonic() - started

    def wait_ready(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while self.get("/readyz")[0] != 200:
            assert self.process.poll() is None, self.log.read_text()[-4000:]
            assert time.monotonic() < deadline, f"not ready: {self.get('/readyz')[1]} {self.log.read_text()[-4000:]}"
            time.sleep(0.1)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=30)


@contextmanager
def run_operator(
    kubeconfig: Path,
    namespace: str,
    log: Path,
    *,
    until_ready: bool = True,
    program: Sequence[str] = PROGRAM,
    **settings: str,
) -> Iterator[OperatorProcess]:
    """Run an operator that watches `namespace`, or all when it is empty. `settings` are EASY_MLOPS_* variables.

    It is ready when it is handed out, unless `until_ready` is false: then it may as well have ended.
    """
    port = free_port()
    variables = {
        "RUNTIME_IMAGE": "easy-mlops-runtime:none",
        "IMAGE_PULL_POLICY": "Never",
        "WATCH_NAMESPACE": namespace,
        "COLLECT_SECONDS": "1",
        "PORT": str(port),
        **settings,
    }
    environment = {key: value for key, value in os.environ.items() if not key.startswith("EASY_MLOPS_")}
    environment |= {f"EASY_MLOPS_{name}": value for name, value in variables.items()}
    environment["KUBECONFIG"] = str(kubeconfig)
    with log.open("ab") as output:
        process = subprocess.Popen([sys.executable, *program], env=environment, stdout=output, stderr=output)
    operator = OperatorProcess(process, port, log)
    try:
        if until_ready:
            operator.wait_ready()
        yield operator
    finally:
        operator.stop(signal.SIGKILL)


@dataclass(frozen=True)
class Identity:
    """A service account with rights from the manifests, and nothing else."""

    namespace: str
    token: str

    @classmethod
    def create(cls, namespace: str) -> Identity:
        """The service account `operator` of a namespace, as yet without any right."""
        kubectl("-n", namespace, "create", "serviceaccount", "operator")
        return cls(namespace, kubectl("-n", namespace, "create", "token", "operator", "--duration=6h").strip())

    @property
    def subject(self) -> dict[str, str]:
        """As a binding names it."""
        return {"kind": "ServiceAccount", "name": "operator", "namespace": self.namespace}

    @property
    def user(self) -> str:
        return f"system:serviceaccount:{self.namespace}:operator"

    def can(self, question: str, namespace: str = "default") -> bool:
        """Whether it may do this, by the API server's word: `create jobs.batch`."""
        answer = kubectl("auth", "can-i", *question.split(), "--as", self.user, "-n", namespace, check=False)
        return answer.split()[0] == "yes"  # warnings come after it

    def kubeconfig(self, path: Path, server: str | None = None) -> Path:
        """A kubeconfig for it, straight to the API server or through `server`."""
        direct, authority = current_cluster()
        config = kubeconfig_for(server or direct, self.token, None if server else authority)
        path.write_text(yaml.safe_dump(config))
        return path


@dataclass
class Launcher:
    """Starts operators for one test; all of them end with it."""

    namespace: Namespace
    identity: Identity
    folder: Path
    stack: ExitStack = field(default_factory=ExitStack)
    started: int = 0

    def start(
        self,
        server: str | None = None,
        *,
        until_ready: bool = True,
        program: Sequence[str] = PROGRAM,
        **settings: str,
    ) -> OperatorProcess:
        """An operator, as by `run_operator`. `server` is a proxy to go through."""
        self.started += 1
        kubeconfig = self.identity.kubeconfig(self.folder / f"kubeconfig-{self.started}", server)
        log = self.folder / f"operator-{self.started}.log"
        running = run_operator(
            kubeconfig, self.namespace.name, log, until_ready=until_ready, program=program, **settings
        )
        return self.stack.enter_context(running)


def kubeconfig_for(server: str, token: str, authority: str | None) -> dict[str, Any]:
    """A kubeconfig with one user who has a token; `authority` is base64 data."""
    cluster = {"server": server} | ({"certificate-authority-data": authority} if authority else {})
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
    }


def current_cluster() -> tuple[str, str]:
    """Server and certificate authority (base64) of the kubeconfig in the environment."""
    config = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
    contexts = {item["name"]: item["context"] for item in config["contexts"]}
    clusters = {item["name"]: item["cluster"] for item in config["clusters"]}
    cluster = clusters[contexts[config["current-context"]]["cluster"]]
    return cluster["server"], cluster["certificate-authority-data"]


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
