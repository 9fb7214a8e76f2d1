"""What each command does."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from . import gobuild, kubeconfig, loading, rootfs, state
from .bootstrap import Bootstrapped, bootstrap, ensure_base, look_for_quirks
from .cache import Cache, digest, remove
from .dockerd import Dockerd
from .errors import ClusterError
from .kindcluster import KindCluster, kind_clusters
from .kubectl import find_kubectl, machine_kubectl
from .packages import ensure_packages, missing_packages
from .pins import PULLED_BASE, PULLED_NODE_IMAGE, STAND_IN_BASE
from .ports import choose_ports
from .process import run
from .progress import say, step
from .state import State
from .toolchain import find_go
from .ways import Machine, Way, choose, look

SOURCES = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Request:
    """The options of ``up``."""

    name: str
    nodes: int | None
    host_port: int | None
    config: Path | None
    forced: str


def up(cache: Cache, request: Request) -> str:
    """Creates the cluster or keeps it; returns the path of its kubeconfig."""
    forget_own_engine(cache)
    if request.forced == Way.CURRENT:
        return _use_current(cache, request.name)
    with cache.locked():
        known = state.find_created(cache, request.name)
        cluster = (_keep(cache, known, request) if known else None) or _make(cache, request)
        cluster.save(cache)
    return cluster.kubeconfig


def down(cache: Cache, names: list[str] | None, *, forced: str, engine: bool, purge: bool) -> None:
    """Removes clusters (None: all); with ``engine`` the bootstrapped dockerd too, with ``purge`` everything cached.

    dockerd keeps running while another cluster is in it. With CLUSTER=current nothing but the choice of the user's own
    cluster is undone.
    """
    forget_own_engine(cache)
    with cache.locked():
        dockerd = Dockerd(cache)
        if dockerd.has_crashed():  # its containers still run: only dockerd itself can remove them
            dockerd.start(without_sys_resource=look_for_quirks().without_sys_resource)
        names = names if names is not None else sorted({*state.names(cache), *clusters_of(dockerd)})
        for name in names:
            if forced == Way.CURRENT:
                state.forget_current(cache, name)
            else:
                _remove_cluster(cache, name)
        if engine:
            _stop_engine(cache, dockerd)
        if purge:
            with step(f"removal of {cache.root}"):
                remove(cache.root)
            for name in names:
                kubeconfig.publish_removed(cache, name)


def clusters_of(dockerd: Dockerd) -> set[str]:
    """Names of all kind clusters in the bootstrapped engine, whatever is known about them here."""
    return kind_clusters(dockerd.engine) if dockerd.pid() else set()


def env(cache: Cache, name: str, forced: str) -> str:
    """Lines for ``eval``.

    Raises ClusterError when there is no such cluster; its answer points KUBECONFIG to a file with which kubectl fails,
    since ``eval "$(...)"`` does not notice the exit status.
    """
    try:
        cluster = state.load(cache, name, forced)
    except ClusterError as error:
        nowhere = {"KUBECONFIG": str(kubeconfig.publish_removed(cache, name))}
        raise ClusterError(str(error), answer=state.exports(nowhere)) from None
    return state.exports(cluster.environment(cache, os.environ.get("PATH", "")))


def load(cache: Cache, name: str, forced: str, images: list[str]) -> None:
    """Loads images into the nodes that run pods of any kind."""
    found = state.load(cache, name, forced)
    if found.way == Way.CURRENT:
        say(f"CLUSTER=current: no images are loaded, the cluster must be able to pull {', '.join(images)}")
        return
    loading.load_images(found.engine, _cluster(cache, found).workers(), images, cache.root)


def base_image(cache: Cache, forced: str) -> str:
    """The base for building images: the usual one if it can be pulled, else a substitute, which is built if missing."""
    forget_own_engine(cache)
    machine = look()
    if machine.pulls and forced != Way.BOOTSTRAP:
        return PULLED_BASE
    with cache.locked():
        choose(machine, Way.BOOTSTRAP)
        ensure_packages(missing_packages(machine.suite), root=machine.root, log=cache.logs / "apt.log")
        engine = machine.engine
        if engine is None:
            dockerd = Dockerd(cache)
            dockerd.start(without_sys_resource=look_for_quirks().without_sys_resource)
            engine = dockerd.engine
        ensure_base(engine, rootfs.base_archive(cache))
    return STAND_IN_BASE


def status(cache: Cache, name: str, forced: str) -> str:
    """A summary of the cluster. Raises ClusterError if it has a problem."""
    found = state.load(cache, name, forced)
    if found.way == Way.CURRENT:
        return run([find_kubectl(cache), "--kubeconfig", found.kubeconfig, "get", "nodes", "--output", "wide"])
    cluster = _cluster(cache, found)
    flaw = cluster.flaw(found.nodes)
    if flaw:
        raise ClusterError(f"cluster {name} ({found.way}): {flaw}. `python3 hack/cluster up --name {name}` repairs it")
    return f"{name} ({found.way}), healthy\n{cluster.query('get', 'nodes', '--output', 'wide')}"


def logs(cache: Cache, name: str, forced: str, folder: Path) -> None:
    """Writes the logs of components and pods below a folder."""
    found = state.load(cache, name, forced)
    folder.mkdir(parents=True, exist_ok=True)
    with step(f"logs to {folder}"):
        if found.way == Way.CURRENT:
            dump = ["cluster-info", "dump", "--all-namespaces", f"--output-directory={folder}"]
            run([find_kubectl(cache), "--kubeconfig", found.kubeconfig, *dump])
            return
        cluster = _cluster(cache, found)
        cluster.export_logs(folder)
        for what in ("pods", "events"):
            (folder / f"{what}.txt").write_text(cluster.query("get", what, "--all-namespaces", "--output", "wide"))


def forget_own_engine(cache: Cache) -> None:
    """Removes the bootstrapped engine from the environment, to find out whether the machine has another one."""
    if os.environ.get("DOCKER_HOST") == Dockerd(cache).engine.host:
        del os.environ["DOCKER_HOST"]


def _keep(cache: Cache, known: State, request: Request) -> State | None:
    """The existing cluster, if it is healthy and matches the request; builds nothing."""
    if known.way == Way.CURRENT or request.forced not in ("", known.way) or not known.engine.answers():
        return None
    say(f"way: {known.way} (as the cluster was created)")
    if not _cluster(cache, known).keep(request.nodes):
        return None
    if known.sources != digest(SOURCES):
        say("  created by another version of this program: to recreate it, run down first")
    return _published(cache, known)


def _make(cache: Cache, request: Request) -> State:
    """Chooses the way, builds what it needs, and creates the cluster or repairs it after a crash."""
    machine = look()
    choice = choose(machine, request.forced)
    say(f"way: {choice.way} ({choice.reason})")
    parts = _parts(cache, machine, choice.way)
    cache.link(parts.kind)
    cache.link(parts.kubectl)
    cluster = KindCluster(request.name, parts.engine, parts.kind, parts.kubectl, state.folder(cache, request.name))
    known = state.find_created(cache, request.name)
    sources = known.sources if known else ""
    if not cluster.keep(request.nodes):
        host_port = 0 if request.config else choose_ports(request.host_port)
        sources = digest(SOURCES)
        nodes = request.nodes or (known.nodes if known else 0) or 1
        cluster.create(nodes=nodes, image=parts.node_image, host_port=host_port, config=request.config)
    created = State(
        name=request.name,
        way=choice.way,
        kubeconfig="",
        client=parts.engine.client,
        docker_host=parts.engine.host,
        nodes=len(cluster.containers()),
        host_port=cluster.host_port(),
        sources=sources,
    )
    return _published(cache, created)


def _published(cache: Cache, cluster: State) -> State:
    """The state with the kubeconfig that everyone uses, which is a copy of the cluster's own."""
    text = (state.folder(cache, cluster.name) / "kubeconfig").read_text()
    return replace(cluster, kubeconfig=str(kubeconfig.publish(cache, cluster.name, text)))


def _use_current(cache: Cache, name: str) -> str:
    path = os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())
    say(f"way: current (CLUSTER=current), {path}")
    kubectl = find_kubectl(cache)
    cache.link(kubectl)
    run([kubectl, "--kubeconfig", path, "--request-timeout=20s", "get", "nodes"])
    State(name=name, way=Way.CURRENT, kubeconfig=path).save(cache)
    return path


def _parts(cache: Cache, machine: Machine, way: Way) -> Bootstrapped:
    if way == Way.BOOTSTRAP:
        made = bootstrap(cache, machine.suite, machine.engine)
        return Bootstrapped(made.engine, made.node_image, made.kind, machine_kubectl(cache) or made.kubectl)
    assert machine.engine is not None
    kind = gobuild.kind_program(cache, find_go(cache))
    return Bootstrapped(machine.engine, PULLED_NODE_IMAGE, kind, find_kubectl(cache))


def _cluster(cache: Cache, found: State) -> KindCluster:
    return KindCluster(
        found.name, found.engine, cache.bin / "kind", cache.bin / "kubectl", state.folder(cache, found.name)
    )


def _remove_cluster(cache: Cache, name: str) -> None:
    created = state.find_created(cache, name)
    engine = created.engine if created else Dockerd(cache).engine  # without a state: its creation was interrupted
    kind = cache.bin / "kind"
    if kind.exists() and engine.answers():
        KindCluster(name, engine, kind, cache.bin / "kubectl", state.folder(cache, name)).delete()
    remove(state.folder(cache, name))
    removed = str(kubeconfig.publish_removed(cache, name))
    for other in state.names(cache):
        current = state.find_current(cache, other)
        if current and current.kubeconfig == removed:
            state.forget_current(cache, other)


def _stop_engine(cache: Cache, dockerd: Dockerd) -> None:
    others = sorted({*state.bootstrapped(cache), *clusters_of(dockerd)}) if dockerd.pid() else []
    if others:
        say(f"dockerd keeps running: in use by {', '.join(others)} (--all removes every cluster)")
        return
    if dockerd.pid():
        _remove_containers(dockerd)
    dockerd.stop()


def _remove_containers(dockerd: Dockerd) -> None:
    containers = dockerd.engine.run("ps", "--all", "--quiet").split()
    if containers:
        with step("removal of the engine's containers"):
            dockerd.engine.run("rm", "--force", "--volumes", *containers)
