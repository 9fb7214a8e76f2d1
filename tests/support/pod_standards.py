"""What the restricted pod security standard and our own rules ask of a pod, as a list of what is missing."""

from __future__ import annotations

from typing import Any


def problems_with(pod: dict[str, Any]) -> list[str]:
    """What a pod spec lacks; empty when it may run anywhere and holds no token."""
    security = pod.get("securityContext", {})
    wanted = {
        "runAsNonRoot": security.get("runAsNonRoot") is True,
        "runAsUser": security.get("runAsUser") == 10001,
        "fsGroup": security.get("fsGroup") == 10001,
        "seccompProfile": security.get("seccompProfile") == {"type": "RuntimeDefault"},
        "no token": pod.get("automountServiceAccountToken") is False,
        "no service links": pod.get("enableServiceLinks") is False,
        "no host": not any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")),
        "volumes": all(map(_is_harmless, pod["volumes"])),
    }
    for container in pod["containers"]:
        own = container.get("securityContext", {})
        wanted |= {
            "allowPrivilegeEscalation": own.get("allowPrivilegeEscalation") is False,
            "capabilities": own.get("capabilities") == {"drop": ["ALL"]},
            "read-only root": own.get("readOnlyRootFilesystem") is True,
            "writable /tmp": any(mount["mountPath"] == "/tmp" for mount in container["volumeMounts"]),
            "memory limit": "memory" in container["resources"].get("limits", {}),
        }
    return [name for name, met in wanted.items() if not met]


def _is_harmless(volume: dict[str, Any]) -> bool:
    """No path of the node, and no token of a service account by way of a projected volume."""
    if "projected" in volume:
        return all(set(source) == {"configMap"} for source in volume["projected"]["sources"])
    return set(volume) - {"name"} <= {"configMap", "emptyDir", "persistentVolumeClaim", "secret"}
