"""Flux's own kustomize-controller as a process beside the cluster, and Kustomizations made from the examples."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flux import example
from git_source import Repository, SourceStandIn
from kube import Namespace, Object, condition
from operator_process import free_port


@contextmanager
def run_controller(program: Path, log: Path) -> Iterator[None]:
    """Run the controller for all namespaces, with the rights of the kubeconfig in the environment."""
    port = free_port()
    addresses = (f"--health-addr=127.0.0.1:{port}", "--metrics-addr=0", "--events-addr=")
    environment = {**os.environ, "RUNTIME_NAMESPACE": "default"}
    with log.open("wb") as output:
        process = subprocess.Popen([program, *addresses], env=environment, stdout=output, stderr=output)
    try:
        _wait_ready(process, f"http://127.0.0.1:{port}/readyz", log)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _wait_ready(process: subprocess.Popen[bytes], url: str, log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-4000:]
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"kustomize-controller is not ready: {log.read_text()[-4000:]}")


@dataclass(frozen=True)
class Flux:
    """A repository, its source, and a Kustomization that brings it to a namespace."""

    namespace: Namespace
    repository: Repository
    source: SourceStandIn
    name: str

    def kustomization(self) -> Object:
        return self.namespace.get("kustomization", self.name)

    def sync(self, seconds: float = 240) -> Object:
        """Let Flux apply what is in Git and judge it; the Kustomization when it has come to a verdict on it."""
        revision = self.source.sync()

        def judged(kustomization: Object) -> bool:
            decided = condition(kustomization, "Ready").get("status") in ("True", "False")
            return decided and kustomization["status"].get("lastAttemptedRevision") == revision

        return self.namespace.wait("kustomization", self.name, judged, seconds=seconds, what="judged")

    def reconcile(self) -> None:
        """Let Flux look again although nothing is new, and wait until it has."""
        token = f"{time.time_ns()}"
        annotation = f"reconcile.fluxcd.io/requestedAt={token}"
        self.namespace.kubectl("annotate", "--overwrite", "kustomization", self.name, annotation)

        def has_looked(kustomization: Object) -> bool:
            return bool(kustomization["status"].get("lastHandledReconcileAt") == token)

        self.namespace.wait("kustomization", self.name, has_looked, seconds=60, what="looked at again")

    def delete(self) -> None:
        """The Kustomization goes, and with it what it has applied."""
        self.namespace.kubectl("delete", "kustomization", self.name, "--timeout=120s")


Begin = Callable[..., Flux]
"""Begins with an example Kustomization, by its name, and with objects that are in Git."""


def new_flux(namespace: Namespace, repository: Repository, files: Path, address: str, kustomization: str) -> Flux:
    """Apply the example source and one of the example Kustomizations, in a namespace of the test's own."""
    source, bringer = example("source"), example(kustomization)
    for body in (source, bringer):
        body["metadata"] |= {"namespace": namespace.name}
    source["spec"]["url"] = repository.url
    spec = bringer["spec"] | {"targetNamespace": namespace.name}
    for check in spec.get("healthChecks", []):
        check["namespace"] = namespace.name
    namespace.apply(source)
    stand_in = SourceStandIn(namespace, source["metadata"]["name"], files, address)
    stand_in.sync()
    namespace.apply({**bringer, "spec": spec})
    return Flux(namespace, repository, stand_in, bringer["metadata"]["name"])
