"""A cluster that looks large: kwok (https://kwok.sigs.k8s.io) plays fake nodes and whatever pod lands on them.

API server, etcd, scheduler and controllers are real. The real nodes are cordoned meanwhile, and the controllers may
send more requests than the twenty a second that they are configured to by default: they would set the pace. So would
Go's collection of garbage, which takes a third of a small API server's time unless it may use more memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kube import Object, kubectl
from nodes import control_plane, in_node, this_machine
from tools.kwok import kwok

FAKE = "kwok.x-k8s.io/node=fake"
STAGES = Path(__file__).with_name("stages.yaml")
STORAGE_CLASS = "scale"
PACED = ("kube-controller-manager", "kube-scheduler")
CONTROL_PLANE = ("kube-apiserver", "etcd", *PACED)
GOGC = "400"
"""Percent by which memory may grow before it is looked through again; 100 by default."""


@contextmanager
def played_cluster(nodes: int) -> Iterator[None]:
    """So many fake nodes, and no others that take pods."""
    raise_limits()
    real = kubectl("get", "nodes", "-o", "name").split()
    kubectl("cordon", *real)
    try:
        kubectl("apply", "-f", "-", stdin=json.dumps(listed([storage_class(), *map(node, range(nodes))])))
        with playing():
            kubectl("wait", "nodes", "-l", FAKE, "--for=condition=Ready", "--timeout=60s")
            yield
    finally:
        kubectl("delete", "nodes", "-l", FAKE, check=False)
        kubectl("delete", "storageclass", STORAGE_CLASS, check=False)
        kubectl("uncordon", *real)


@contextmanager
def playing() -> Iterator[None]:
    """kwok as a process beside the cluster."""
    command = [
        str(kwok()),
        f"--kubeconfig={os.environ['KUBECONFIG']}",
        f"--config={STAGES}",
        f"--node-ip={this_machine()}",
        f"--manage-nodes-with-annotation-selector={FAKE}",
        "--node-lease-duration-seconds=40",
    ]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "GOGC": GOGC})
        try:
            yield
        finally:
            ended = process.poll()
            process.terminate()
            process.wait()
        log.seek(0)
        assert ended is None, f"kwok ended with {ended}: {log.read().decode()[-2000:]}"


def raise_limits() -> None:
    """Let the control plane's clients send a thousand requests a second, and its programs use memory instead of time.

    The kubelet restarts them for that.
    """
    name, changed = control_plane(), False
    for program in CONTROL_PLANE:
        file = f"/etc/kubernetes/manifests/{program}.yaml"
        if "GOGC" in in_node(name, "cat", file):
            continue
        edits = f"""s/^    image: .*/&\\n    env: [{{name: GOGC, value: "{GOGC}"}}]/\n"""
        if program in PACED:
            edits += f"s/^    - {program}$/&\\n    - --kube-api-qps=1000\\n    - --kube-api-burst=2000/\n"
        in_node(name, "sed", "-i", edits, file)
        changed = True
    if changed:
        _wait_started([f"{program}-{name}" for program in CONTROL_PLANE])


def _wait_started(pods: Sequence[str]) -> None:
    """Wait until the pods were restarted; the API server is not available during part of that time."""
    deadline = time.monotonic() + 300
    template = "{range .items[*]}{.spec.containers[0].env}{.status.conditions[?(@.type=='Ready')].status}{'\\n'}{end}"
    arguments = ("-n", "kube-system", "get", *(f"pod/{pod}" for pod in pods), "-o", f"jsonpath={template}")
    while sum("GOGC" in line and "True" in line for line in kubectl(*arguments, check=False).splitlines()) < len(pods):
        assert time.monotonic() < deadline, "the programs of the control plane were not restarted"
        time.sleep(1)


def node(number: int) -> Object:
    key, _, value = FAKE.partition("=")
    name = f"fake-{number}"
    labels = {key: value, "kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    metadata = {"name": name, "labels": labels, "annotations": {key: value}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata}


def storage_class() -> Object:
    """As clouds have them: pods do not have to come back because their claim has no volume yet."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": STORAGE_CLASS},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def volume(namespace: str, claim: str) -> Object:
    """A volume for one claim, which nothing is ever written to."""
    reference = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": claim}
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "10Gi"},
        "storageClassName": STORAGE_CLASS,
        "claimRef": reference,
        "hostPath": {"path": "/nonexistent"},
        "persistentVolumeReclaimPolicy": "Retain",
    }
    metadata = {"name": volume_name(namespace, claim)}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}


def volume_name(namespace: str, claim: str) -> str:
    """Volumes are in no namespace."""
    return f"{namespace}-{claim}"


def listed(items: list[Object]) -> Object:
    return {"apiVersion": "v1", "kind": "List", "items": items}
