"""The node image for machines that cannot pull one: Debian, kind's files, programs built from Go modules, images."""

import functools
import subprocess
from pathlib import Path

from . import components
from .cache import Cache, digest, remove, write
from .components import Programs
from .engine import Engine
from .errors import ClusterError
from .kindsource import KindSource
from .nodefiles import Quirks, install_files
from .pins import KIND, KUBERNETES
from .process import run, succeeds, wait_until
from .progress import step

REPOSITORY = "make-mlops-easy/node"
ENTRYPOINT = 'ENTRYPOINT ["/usr/local/bin/entrypoint","/sbin/init"]'
# `docker import` does not know STOPSIGNAL; systemd stops at this one.
DOCKERFILE = "FROM {layer}\nSTOPSIGNAL SIGRTMIN+3\n"
CONTAINERD_CONFIG = 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]\n'


def reference(programs: Programs, root: Path, quirks: Quirks) -> str:
    """The image's name: its tag contains the key of all inputs."""
    sources = [Path(__file__), Path(__file__).with_name("nodefiles.py")]
    key = digest(components.key(programs, root), programs.crictl.name, KIND, repr(quirks), *sources)
    return f"{REPOSITORY}:{KUBERNETES}-{key}"


def ensure_node_image(
    cache: Cache, engine: Engine, programs: Programs, root: Path, kind: KindSource, quirks: Quirks
) -> str:
    """Builds the image in the engine unless it exists; returns its name."""
    name = reference(programs, root, quirks)
    if engine.has_image(name):
        return name
    archives = components.archives(cache, programs, root, kind)
    with step(f"node image {name}"):
        node = cache.scratch / "node"
        remove(node)
        node.parent.mkdir(parents=True, exist_ok=True)
        run(["cp", "--archive", root, node])
        install_files(node, programs, kind, quirks)
        _import_images(cache, archives, node / "var/lib/containerd")
        layer = f"{name}-layer"
        engine.import_folder(node, layer, ["ENV container=docker", ENTRYPOINT])
        context = cache.scratch / "node-context"
        write(context / "Dockerfile", DOCKERFILE.format(layer=layer))
        engine.run("build", "--quiet", "--tag", name, str(context), env={"DOCKER_BUILDKIT": "0"})
        engine.run("rmi", layer)
        remove(node)
    _forget_older(engine, name)
    return name


def _forget_older(engine: Engine, current: str) -> None:
    """Removes node images that no cluster uses."""
    for name in engine.run("images", "--format", "{{.Repository}}:{{.Tag}}", REPOSITORY).split():
        if name != current and name.startswith(f"{REPOSITORY}:"):
            succeeds([engine.client, "rmi", name], env=engine.environment)  # refused while a cluster uses it


def _import_images(cache: Cache, archives: Path, store: Path) -> None:
    """Puts the archives into the content store that the node's containerd will start with, not unpacked."""
    place = cache.scratch / "containerd"
    write(place / "config.toml", CONTAINERD_CONFIG)
    # a socket's path has at most 108 bytes: this one is short wherever the cache is
    socket = Path("/proc/self/cwd/socket")
    argv = ["containerd", "--config", "config.toml", "--root", str(store), "--state", str(place / "state")]
    client = ["ctr", "--address", str(socket)]
    with (place / "log").open("wb") as log:
        server = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *argv, "--address", str(socket)], cwd=place, stdout=log, stderr=log
        )
    try:
        ready = functools.partial(_answers, [*client, "version"], place)
        if not wait_until(ready, seconds=20):
            raise ClusterError(f"containerd did not start:\n{(place / 'log').read_text()[-2000:]}")
        for archive in sorted(archives.glob("*.tar")):
            load = [*client, "--namespace", "k8s.io", "images", "import", "--all-platforms", "--no-unpack", "--digests"]
            run([*load, archive], cwd=place)
    finally:
        server.terminate()
        server.wait()


def _answers(argv: list[str], place: Path) -> bool:
    return subprocess.run(argv, cwd=place, capture_output=True).returncode == 0
