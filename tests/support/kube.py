"""A cluster as a user has it: kubectl, and the few waits that the tests need."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import api_server
import yaml
from kubernetes_env import forwarded

Object = dict[str, Any]
POLL_SECONDS = 0.2


class KubectlError(AssertionError):
    """kubectl ended with an error."""


def kubectl(*arguments: str, stdin: str | None = None, check: bool = True, timeout: float = 120) -> str:
    """kubectl's output, standard error included when it failed."""
    done = subprocess.run(
        ["kubectl", *arguments], input=stdin, text=True, capture_output=True, timeout=timeout, check=False
    )
    if done.returncode and check:
        raise KubectlError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout if not done.returncode else done.stdout + done.stderr


@dataclass(frozen=True)
class Namespace:
    """One test's namespace."""

    name: str

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        return kubectl("-n", self.name, *arguments, stdin=stdin, check=check)

    def apply(self, *objects: Object) -> None:
        self.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(objects))

    def find(self, kind: str, name: str) -> Object | None:
        return api_server.read(self.name, kind, name)

    def get(self, kind: str, name: str) -> Object:
        found = self.find(kind, name)
        assert found is not None, f"there is no {kind}/{name}"
        return found

    def list(self, kind: str, selector: str = "") -> list[Object]:
        found = api_server.read(self.name, kind, selector=selector)
        # Items of a list do not say what they are, the list does.
        if found is None:
            return []
        return [{"kind": found["kind"].removesuffix("List"), **item} for item in found["items"]]

    def exists(self, kind: str, name: str) -> bool:
        return self.find(kind, name) is not None

    def wait(self, kind: str, name: str, until: Callable[[Object], bool], *, seconds: float, what: str = "") -> Object:
        """The object as soon as `until` holds. Fails with its status when it does not in time."""
        deadline = time.monotonic() + seconds
        found: Object | None = None
        while time.monotonic() < deadline:
            if (found := self.find(kind, name)) and until(found):
                return found
            time.sleep(POLL_SECONDS)
        status = json.dumps((found or {}).get("status"), indent=1)
        raise AssertionError(f"{kind}/{name}: not {what or 'as expected'} after {seconds:.0f} s; status: {status}")

    def forward(self, what: str, port: int) -> AbstractContextManager[str]:
        """The address on 127.0.0.1 that leads to a port of a Service or pod."""
        return forwarded(what, port, self.name)


def condition(resource: Object, kind: str) -> Object:
    """A condition of a resource; empty when it has none of that type."""
    found = [c for c in resource.get("status", {}).get("conditions", []) if c["type"] == kind]
    return found[0] if found else {}


def is_true(kind: str) -> Callable[[Object], bool]:
    """The condition is True and speaks of the current generation."""

    def holds(resource: Object) -> bool:
        found = condition(resource, kind)
        current = found.get("observedGeneration") == resource["metadata"]["generation"]
        return found.get("status") == "True" and current

    return holds


def has_reason(kind: str, reason: str) -> Callable[[Object], bool]:
    """The condition has this reason."""
    return lambda resource: condition(resource, kind).get("reason") == reason


def is_settled(resource: Object) -> bool:
    """Ready for the current generation, and nothing is being worked on: Ready alone stays True through a rollout."""
    busy = condition(resource, "Reconciling") or condition(resource, "Stalled")
    return is_true("Ready")(resource) and not busy


def ready(namespace: Namespace, name: str, seconds: float = 180) -> Object:
    """The resource once its current spec serves."""
    return namespace.wait("modeldeployment", name, is_settled, seconds=seconds, what="Ready")


def model_deployment(name: str, **spec: Any) -> Object:
    """A ModelDeployment's manifest."""
    spec.setdefault("data", {"uri": "sklearn://breast_cancer"})
    spec.setdefault("training", {"model_type": "logistic_regression", "cv_folds": 0})
    return {"apiVersion": "easymlops.dev/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": name}, "spec": spec}


def config_map(name: str, **data: str) -> Object:
    """A ConfigMap's manifest."""
    keys = {key.replace("_dot_", "."): text for key, text in data.items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": keys}
