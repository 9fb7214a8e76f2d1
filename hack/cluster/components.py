"""The container images that the node image carries, as OCI archives."""

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .cache import Cache, digest
from .kindsource import KindSource
from .oci import write_image
from .pins import COREDNS_IMAGE, ETCD_IMAGE, KUBERNETES, PAUSE_IMAGE
from .process import contained, run
from .progress import step

BUSYBOX_COMMANDS = "sh mkdir rm ls cat ip sleep cp mv chmod wget nslookup httpd id ping nc hostname echo true df"
PASSWD = "root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n"
IPTABLES_NAMES = "iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore"


@dataclass(frozen=True)
class Programs:
    """Folders with the built programs, by what builds them."""

    kubernetes: Path
    crictl: Path
    coredns: Path
    local_path: Path
    kindnetd: Path
    pause: Path


@dataclass(frozen=True)
class Image:
    """An image around one program."""

    name: str
    program: Path | None = None
    inside: str = ""
    entrypoint: bool = False
    shell: bool = False  # with busybox as /bin/sh and friends

    @property
    def short(self) -> str:
        return self.name.rsplit("/", 1)[1].split(":")[0]


def images(programs: Programs, kind: KindSource) -> list[Image]:
    """All images but kube-proxy's, which is made of the node's iptables as well."""
    local = "/usr/local/bin"
    control_plane = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    return [
        *(
            Image(f"registry.k8s.io/{name}:{KUBERNETES}", programs.kubernetes / name, f"{local}/{name}")
            for name in control_plane
        ),
        Image(ETCD_IMAGE, programs.kubernetes / "server", f"{local}/etcd"),
        Image(COREDNS_IMAGE, programs.coredns / "coredns", "/coredns", entrypoint=True),
        Image(PAUSE_IMAGE, programs.pause / "pause", "/pause", entrypoint=True),
        Image(
            kind.image("storageProvisionerImage"),
            programs.local_path / "local-path-provisioner",
            f"{local}/local-path-provisioner",
        ),
        Image(kind.image("storageHelperImage"), shell=True),
        Image(kind.image("kindnetdImage"), programs.kindnetd / "kindnetd", f"{local}/kindnetd", True, True),
    ]


def key(programs: Programs, root: Path) -> str:
    """Artifacts are named after the hash of their inputs, so their names stand for what they hold."""
    sources = [Path(__file__), Path(__file__).with_name("oci.py"), Path(__file__).with_name("pins.py")]
    folders = (programs.kubernetes, programs.coredns, programs.local_path, programs.kindnetd, programs.pause, root)
    return digest(*(folder.name for folder in folders), *sources)


def archives(cache: Cache, programs: Programs, root: Path, kind: KindSource) -> Path:
    """The folder with one archive for each component."""

    def build(folder: Path) -> None:
        with step("images of the cluster's components"):
            for image in images(programs, kind):
                tree = cache.scratch / f"image-{image.short}"
                _skeleton(tree)
                if image.shell:
                    _busybox(tree, root)
                if image.program:
                    _install(image.program, tree, image.inside)
                entrypoint = image.inside if image.entrypoint else None
                write_image(folder / f"{image.short}.tar", image.name, tree, entrypoint=entrypoint)
            tree = cache.scratch / "image-kube-proxy"
            _kube_proxy(tree, programs.kubernetes / "kube-proxy", root)
            write_image(folder / "kube-proxy.tar", f"registry.k8s.io/kube-proxy:{KUBERNETES}", tree)

    return cache.ensure("component-images", key(programs, root), build)


def _skeleton(tree: Path) -> None:
    for name in ("tmp", "etc"):
        (tree / name).mkdir(parents=True)
    (tree / "tmp").chmod(0o1777)
    (tree / "etc" / "passwd").write_text(PASSWD)


def _install(program: Path, tree: Path, inside: str) -> None:
    target = tree / inside.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(program, target)
    target.chmod(0o755)


def _busybox(tree: Path, root: Path) -> None:
    _install(root / "bin/busybox", tree, "/bin/busybox")
    for name in BUSYBOX_COMMANDS.split():
        (tree / "bin" / name).symlink_to("busybox")


def _kube_proxy(tree: Path, program: Path, root: Path) -> None:
    """kube-proxy with the node's iptables and nft, and the libraries that these load."""
    _skeleton(tree)
    for name in ("bin", "sbin", "lib", "lib64"):
        (tree / "usr" / name).mkdir(parents=True)
        (tree / name).symlink_to(f"usr/{name}")
    _busybox(tree, root)
    _install(program, tree, "/usr/local/bin/kube-proxy")
    tools = ["/usr/sbin/xtables-nft-multi", "/usr/sbin/nft", "/usr/sbin/conntrack"]
    for tool in tools:
        _install(root / tool.lstrip("/"), tree, tool)
    for name in IPTABLES_NAMES.split():
        (tree / "usr/sbin" / name).symlink_to("xtables-nft-multi")
    extensions = next(root.glob("usr/lib/*/xtables"))
    inside = extensions.relative_to(root)
    shutil.copytree(extensions, tree / inside, symlinks=True)
    for library in _libraries(root, [*tools, *(f"/{inside}/{path.name}" for path in extensions.glob("*.so"))]):
        _install(Path(os.path.realpath(root / library.lstrip("/"))), tree, library)
    run(contained(["chroot", str(tree), "/usr/sbin/iptables", "--version"]))


def _libraries(root: Path, programs: Iterable[str]) -> list[str]:
    """Paths of the shared libraries that the programs load, the loader among them."""
    printed = run(contained(["chroot", str(root), "ldd", *programs]))
    return sorted(set(re.findall(r"(/\S+\.so\S*) \(0x", printed)))
