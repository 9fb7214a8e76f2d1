"""The configuration for kind: nodes, networks, ports on this machine, audit log, etcd without fsync."""

import json
from pathlib import Path

from .pins import POD_SUBNET, SERVICE_SUBNET

NODE_PORT = 30080  # the first of the node ports that are reachable on this machine
PORTS = 5
AUDIT_LOG = "/var/log/kubernetes/audit.log"
AUDIT_POLICY = "/etc/kubernetes/audit/policy.yaml"
_HASTY = {"unsafe-no-fsync": "true"}
"""etcd does not wait for the disk. It loses no data if it is killed, only if the machine loses power."""


def audit_policy() -> dict[str, object]:
    """Logs every request once, when its response is complete, without bodies; probes are not logged."""
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived", "ResponseStarted"],
        "rules": [
            {"level": "None", "nonResourceURLs": ["/healthz*", "/livez*", "/readyz*", "/version"]},
            {"level": "Metadata"},
        ],
    }


def kind_config(*, nodes: int, host_port: int, policy: Path) -> dict[str, object]:
    """One control plane and ``nodes - 1`` workers; node ports 30080.. at 127.0.0.1:``host_port``.. (0: none)."""
    control_plane: dict[str, object] = {
        "role": "control-plane",
        "extraMounts": [{"hostPath": str(policy), "containerPath": AUDIT_POLICY, "readOnly": True}],
        "kubeadmConfigPatches": [json.dumps(_cluster_patch())],
    }
    if host_port:
        control_plane["extraPortMappings"] = [
            {"containerPort": NODE_PORT + i, "hostPort": host_port + i, "listenAddress": "127.0.0.1"}
            for i in range(PORTS)
        ]
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "networking": {"podSubnet": POD_SUBNET, "serviceSubnet": SERVICE_SUBNET},
        "nodes": [control_plane, *({"role": "worker"} for _ in range(nodes - 1))],
    }


def _cluster_patch() -> dict[str, object]:
    """For kubeadm v1beta3, which kind uses up to Kubernetes 1.35."""
    return {"kind": "ClusterConfiguration", "apiServer": _audited(), "etcd": {"local": {"extraArgs": _HASTY}}}


def _audited() -> dict[str, object]:
    folder = str(Path(AUDIT_LOG).parent)
    policy = {"hostPath": AUDIT_POLICY, "mountPath": AUDIT_POLICY, "readOnly": True, "pathType": "File"}
    log = {"hostPath": folder, "mountPath": folder, "pathType": "DirectoryOrCreate"}
    volumes = [{"name": "audit-policy", **policy}, {"name": "audit-log", **log}]
    arguments = {
        "audit-policy-file": AUDIT_POLICY,
        "audit-log-path": AUDIT_LOG,
        "audit-log-maxsize": "500",
        "audit-log-maxbackup": "1",
    }
    return {"extraArgs": arguments, "extraVolumes": volumes}
