"""Builds everything that a cluster needs on a bare machine: engine, node image, base for images."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import gobuild, rootfs
from .cache import Cache
from .components import Programs
from .dockerd import Dockerd
from .engine import Engine
from .kindsource import KindSource
from .nodefiles import Quirks
from .nodeimage import ensure_node_image
from .packages import ensure_packages, missing_packages
from .pins import STAND_IN_BASE
from .toolchain import find_go, toolchain_packages

CAP_SYS_RESOURCE = 24


@dataclass(frozen=True)
class Bootstrapped:
    """What a cluster can be made with."""

    engine: Engine
    node_image: str
    kind: Path
    kubectl: Path


def bootstrap(cache: Cache, suite: str, engine: Engine | None) -> Bootstrapped:
    """Builds what is not cached, and starts dockerd unless the machine has a running engine."""
    packages = [*missing_packages(suite), *toolchain_packages(cache)]
    ensure_packages(packages, root=os.geteuid() == 0, log=cache.logs / "apt.log")
    quirks = look_for_quirks()
    go = find_go(cache)
    # Go's compiler keeps the cores busy; debootstrap mostly waits for the network and the disk
    with ThreadPoolExecutor(2) as beside:
        node_root = beside.submit(rootfs.node_root, cache)
        base = beside.submit(rootfs.base_archive, cache)
        kind = gobuild.kind_program(cache, go)
        programs = Programs(
            kubernetes=gobuild.program_folder(cache, go, gobuild.KUBERNETES_PROGRAMS),
            crictl=gobuild.program_folder(cache, go, gobuild.CRICTL_PROGRAM),
            coredns=gobuild.program_folder(cache, go, gobuild.COREDNS),
            local_path=gobuild.program_folder(cache, go, gobuild.LOCAL_PATH),
            kindnetd=gobuild.program_folder(cache, go, gobuild.KINDNETD),
            pause=gobuild.program_folder(cache, go, gobuild.PAUSE),
        )
        root, archive = node_root.result(), base.result()
    if engine is None:
        dockerd = Dockerd(cache)
        dockerd.start(without_sys_resource=quirks.without_sys_resource)
        engine = dockerd.engine
    source = KindSource(gobuild.kind_source(go))
    image = ensure_node_image(cache, engine, programs, root, source, quirks)
    ensure_base(engine, archive)
    return Bootstrapped(engine, image, kind, programs.kubernetes / "kubectl")


def ensure_base(engine: Engine, archive: Path) -> None:
    """Imports the substitute for python:3.13-slim into the engine under its name."""
    marked = f"{STAND_IN_BASE}-{archive.parent.name.rsplit('-', 1)[1]}"
    if not engine.has_image(marked):
        certificates = f"ENV LANG=C.UTF-8 PIP_CERT={rootfs.CERTIFICATES} SSL_CERT_FILE={rootfs.CERTIFICATES}"
        changes = ['CMD ["python3"]', certificates]
        engine.import_archive(archive, marked, changes)
    engine.run("tag", marked, STAND_IN_BASE)


def look_for_quirks() -> Quirks:
    """What root and kernel of this machine do not support."""
    return Quirks(
        without_sys_resource=not has_capability(Path("/proc/self/status").read_text(), CAP_SYS_RESOURCE),
        cgroup_v1=not Path("/sys/fs/cgroup/cgroup.controllers").exists(),
    )


def has_capability(status: str, number: int) -> bool:
    """Whether the bounding set in the text of /proc/self/status contains a capability."""
    bounding = next(line.split()[1] for line in status.splitlines() if line.startswith("CapBnd:"))
    return bool(int(bounding, 16) >> number & 1)
