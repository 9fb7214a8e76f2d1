"""Plays the kubelet for all pods of a namespace, in a thread: runs succeed, scoring pods become ready."""

from __future__ import annotations

import threading
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager

from kube import Namespace, Object
from stand_in import Kubelet

COMPONENT = "app.kubernetes.io/component"
OWNER = "easymlops.dev/modeldeployment"
LOOK_SECONDS = 0.3


@contextmanager
def pods_played(namespace: Namespace) -> Iterator[None]:
    """As long as the context is open."""
    stop = threading.Event()
    thread = threading.Thread(target=_play, args=(namespace, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _play(namespace: Namespace, stop: threading.Event) -> None:
    while not stop.wait(LOOK_SECONDS):
        try:
            for pod in namespace.list("pods", OWNER):
                _advance(namespace, pod)
        except (urllib.error.URLError, OSError):
            continue  # the pod is gone, or the API server is: the next look tells


def _advance(namespace: Namespace, pod: Object) -> None:
    labels = pod["metadata"]["labels"]
    if pod["status"]["phase"] != "Pending" or "deletionTimestamp" in pod["metadata"]:
        return
    kubelet = Kubelet(namespace, labels[OWNER])
    if labels[COMPONENT] == "pipeline":
        kubelet.succeed(pod)
    elif labels[COMPONENT] == "serving":
        kubelet.get_ready(pod)
