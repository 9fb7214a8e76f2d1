"""The kubeconfigs that shells point to, at one path for a cluster's name whether or not the cluster exists.

kubectl falls back to localhost:8080 when the file of KUBECONFIG is missing or empty, so the kubeconfig of a removed
cluster stays: its current context is a context that does not exist, whose name says what happened. kubectl and other
clients print that name and send no request.
"""

import json
from pathlib import Path

from .cache import Cache, write


def published(cache: Cache, name: str) -> Path:
    """Where the kubeconfig of a cluster is for those who use it."""
    return cache.root / "kubeconfigs" / name


def publish(cache: Cache, name: str, text: str) -> Path:
    """Makes the cluster reachable; returns `published`."""
    path = published(cache, name)
    write(path, text, mode=0o600)
    return path


def publish_removed(cache: Cache, name: str) -> Path:
    """Makes clients fail with a message; returns `published`."""
    message = f"none, since cluster {name} does not exist: run `{command_for(name)}`"
    text = json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": message}, indent=1)
    return publish(cache, name, f"{text}\n")


def command_for(name: str) -> str:
    """The command that creates the cluster."""
    return "make cluster-up" if name == "make-mlops-easy" else f"python3 hack/cluster up --name {name}"
