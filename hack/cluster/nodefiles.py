"""Lays out the node's file system the way kind's own base image has it, with the few differences explained here."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from .components import Programs
from .kindsource import KindSource
from .pins import KUBERNETES, PAUSE_IMAGE
from .process import contained, run

UNITS = ("kubelet.slice", "undo-mount-hacks.service", "containerd.service", "kubelet.service")
FOLDERS = ("kind/manifests", "etc/kubernetes/manifests", "opt/cni/bin")
NETWORK_PLUGINS = ("bridge", "host-local", "loopback", "ptp", "portmap")

# What kind's Dockerfile runs: no units but the cluster's, no kernel log, and the specification that pods start from.
FINISH = r"""
find /lib/systemd/system/sysinit.target.wants/ -name systemd-tmpfiles-setup.service -delete
rm -f /lib/systemd/system/multi-user.target.wants/* /etc/systemd/system/*.wants/* \
  /lib/systemd/system/local-fs.target.wants/* /lib/systemd/system/sockets.target.wants/*udev* \
  /lib/systemd/system/sockets.target.wants/*initctl* /lib/systemd/system/basic.target.wants/*
echo ReadKMsg=no >> /etc/systemd/journald.conf
ln -sf /lib/systemd/systemd /sbin/init
systemctl enable kubelet.service containerd.service undo-mount-hacks.service
systemctl mask systemd-binfmt.service
ctr oci spec \
  | jq '.hooks.createContainer[.hooks.createContainer | length] |= . + {"path": "/kind/bin/mount-product-files.sh"}' \
  | jq 'del(.process.rlimits)' > /etc/containerd/cri-base.json
test -s /etc/containerd/cri-base.json
: > /etc/machine-id
"""

# Controllers that no hierarchy has (net_cls, hugetlb, ...): systemd would mount them, which changes the host.
ENTRYPOINT_ANCHOR = "    remove_misc_controller\n    # kubelet will try to manage cgroups"
ENTRYPOINT_ADDITION = (
    "    remove_misc_controller\n"
    "    awk 'NR == 1 || $2 != 0' /proc/cgroups >/kind/fake-cgroups-v1\n"
    "    mount --bind /kind/fake-cgroups-v1 /proc/cgroups\n"
    "    # kubelet will try to manage cgroups"
)


@dataclass(frozen=True)
class Quirks:
    """What this machine lacks, as far as a node has to be built for it."""

    without_sys_resource: bool  # root may not lower an oom_score_adj: containerd must not ask for it
    cgroup_v1: bool


def install_files(node: Path, programs: Programs, kind: KindSource, quirks: Quirks) -> None:
    """Adds everything but the images to a bare Debian file system."""
    for folder in FOLDERS:
        (node / folder).mkdir(parents=True, exist_ok=True)
    _copy_kind(node, kind)
    config = node / "etc/containerd/config.toml"
    config.write_text(containerd_config(config.read_text(), quirks))
    if quirks.cgroup_v1:
        entrypoint = node / "usr/local/bin/entrypoint"
        entrypoint.write_text(hide_unmounted_controllers(entrypoint.read_text()))
    for name in ("kubelet", "kubectl", "kubeadm"):
        _program(programs.kubernetes / name, node / "usr/bin" / name)
    _program(programs.crictl / "crictl", node / "usr/local/bin/crictl")
    for name in ("containerd", "ctr", "containerd-shim-runc-v2"):
        (node / "usr/local/bin" / name).symlink_to(f"/usr/bin/{name}")
    for name in NETWORK_PLUGINS:
        _program(node / "usr/lib/cni" / name, node / "opt/cni/bin" / name)
    run(contained(["chroot", str(node), "sh", "-euc", FINISH]))


def containerd_config(text: str, quirks: Quirks) -> str:
    """kind's configuration with kubeadm's pause image, and without the snapshotter that is not installed."""
    lines, skipping = [], False
    for line in text.splitlines():
        if line.startswith("[proxy_plugins"):
            skipping = True
        elif line.startswith("["):
            skipping = False
        if not skipping:
            lines.append(line)
    text = "\n".join(lines) + "\n"
    text = text.replace('"registry.k8s.io/pause:3.10"', f'"{PAUSE_IMAGE}"')
    if quirks.without_sys_resource:
        text = text.replace("restrict_oom_score_adj = false", "restrict_oom_score_adj = true")
    return text


def hide_unmounted_controllers(entrypoint: str) -> str:
    """kind's entrypoint for cgroup v1, which then shows systemd only the controllers that are mounted."""
    if entrypoint.count(ENTRYPOINT_ANCHOR) != 1:
        raise ValueError("kind's entrypoint has changed: look at what it does for cgroup v1")
    return entrypoint.replace(ENTRYPOINT_ANCHOR, ENTRYPOINT_ADDITION)


def _copy_kind(node: Path, kind: KindSource) -> None:
    files = kind.files
    for source in sorted(path for path in files.rglob("*") if path.is_file()):
        inside = source.relative_to(files)
        if inside.parts[0] == "LICENSES" or inside.name == "clean-install":
            continue
        if inside.parent.name == "system" and inside.name not in UNITS:
            continue
        executable = inside.parent.name == "bin"
        _program(source, node / inside, mode=0o755 if executable else 0o644)
    manifests = node / "kind" / "manifests"
    (manifests / "default-cni.yaml").write_text(kind.network_manifest())
    (manifests / "default-storage.yaml").write_text(kind.storage_manifest())
    (node / "kind" / "version").write_text(KUBERNETES)


def _program(source: Path, target: Path, *, mode: int = 0o755) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)
