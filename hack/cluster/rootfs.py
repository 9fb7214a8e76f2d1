"""Debian file systems made with debootstrap: one for the nodes, one as the stand-in for python:3.13-slim."""

import shutil
from pathlib import Path

from .cache import Cache, digest, remove
from .pins import BASE_SUITE, DEBIAN_MIRROR, NODE_SUITE
from .process import contained, run
from .progress import step

NODE_PACKAGES = (
    "bash,busybox-static,ca-certificates,conntrack,containerd,containernetworking-plugins,curl,ethtool,iproute2,"
    "iptables,jq,kmod,libseccomp2,mount,nftables,pigz,procps,runc,socat,systemd,util-linux"
)
BASE_PACKAGES = "python3,python3-pip,python3-venv,ca-certificates"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def node_key() -> str:
    return digest(NODE_SUITE, NODE_PACKAGES, DEBIAN_MIRROR)


def node_root(cache: Cache) -> Path:
    """The node's file system: systemd, containerd and what kind's own base image has."""

    def build(folder: Path) -> None:
        with step(f"Debian {NODE_SUITE} for the nodes"):
            _debootstrap(cache, folder, NODE_SUITE, NODE_PACKAGES)

    return cache.ensure("node-rootfs", node_key(), build)


def base_key() -> str:
    return digest(BASE_SUITE, BASE_PACKAGES, DEBIAN_MIRROR, CERTIFICATES)


def base_archive(cache: Cache) -> Path:
    """The base for images of the project, as one archive.

    It carries this machine's certificates, so that pip, cargo and apt inside a build reach the package registries.
    """

    def build(folder: Path) -> None:
        with step(f"Debian {BASE_SUITE} with Python as the base of images"):
            root = folder / "root"
            _debootstrap(cache, root, BASE_SUITE, BASE_PACKAGES)
            shutil.copyfile(CERTIFICATES, root / "etc/ssl/certs/ca-certificates.crt")
            run(["tar", "--create", "--file", folder / "base.tar", "--directory", root, "."])
            remove(root)

    return cache.ensure("python-base", base_key(), build) / "base.tar"


def _debootstrap(cache: Cache, root: Path, suite: str, packages: str) -> None:
    # debootstrap cannot work below a path with blanks; in the mount namespace that it gets it sees the folder as /mnt
    root.mkdir(parents=True, exist_ok=True)
    debootstrap = ["debootstrap", "--variant=minbase", f"--include={packages}", suite, "/mnt", DEBIAN_MIRROR]
    command = ["sh", "-c", 'mount --bind "$1" /mnt && shift && exec "$@"', "sh", str(root), *debootstrap]
    run(contained(command), log=cache.logs / f"debootstrap-{suite}.log", env={"DEBIAN_FRONTEND": "noninteractive"})
    for pattern in (
        "var/cache/apt/archives/*.deb",
        "var/cache/debconf/*",
        "var/lib/apt/lists/*",
        "var/log/*",
        "usr/share/doc/*",
        "usr/share/man/*",
        "usr/share/locale/*",
    ):
        for path in root.glob(pattern):
            remove(path)
    (root / "var/lib/apt/lists/partial").mkdir(parents=True, exist_ok=True)
