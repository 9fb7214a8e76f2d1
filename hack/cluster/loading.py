"""Images from the engine into every node: one stream, read once, into all nodes that need it at the same time."""

import json
import os
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from .engine import Engine
from .errors import ClusterError
from .progress import say, step

CHUNK = 1 << 20
IMPORT = [
    "ctr",
    "--namespace=k8s.io",
    "images",
    "import",
    "--all-platforms",
    "--digests",
    "--snapshotter=overlayfs",
    "-",
]


def load_images(engine: Engine, nodes: Iterable[str], images: list[str]) -> None:
    """Loads images into the nodes that do not have exactly these yet."""
    wanted = {image: engine.image_id(image) for image in images}
    names = sorted(nodes)
    with ThreadPoolExecutor(max(1, len(names))) as pool:
        present = list(pool.map(lambda node: _images_of(engine, node), names))
    lacking = {node: missing(wanted, there) for node, there in zip(names, present, strict=True)}
    needed = [image for image in images if any(image in images_of for images_of in lacking.values())]
    targets = [node for node in names if lacking[node]]
    if not targets:
        say(f"every node has {', '.join(images)}")
        return
    with step(f"load of {', '.join(needed)} into {len(targets)} of {len(names)} nodes"):
        _stream(engine, needed, targets)


def missing(wanted: dict[str, str], present: Iterable[Any]) -> list[str]:
    """Images that a node lacks: ``wanted`` maps names to ids, ``present`` is what crictl lists."""
    there = {(_canonical(tag), image["id"]) for image in present for tag in image.get("repoTags") or ()}
    return [name for name, identity in wanted.items() if (_canonical(name), identity) not in there]


def _canonical(name: str) -> str:
    """The full name that containerd gives to a short one."""
    first, _, rest = name.partition("/")
    if not rest:
        name = f"docker.io/library/{name}"
    elif not ("." in first or ":" in first or first == "localhost"):
        name = f"docker.io/{name}"
    return name if ":" in name.rsplit("/", 1)[1] else f"{name}:latest"


def _images_of(engine: Engine, node: str) -> list[Any]:
    listed = json.loads(engine.run("exec", node, "crictl", "images", "--output", "json"))
    return list(listed["images"])


def _stream(engine: Engine, images: list[str], nodes: list[str]) -> None:
    variables = {**os.environ, **engine.environment}
    save = subprocess.Popen([engine.client, "save", *images], stdout=subprocess.PIPE, env=variables)
    sinks = [
        subprocess.Popen(
            [engine.client, "exec", "--interactive", node, *IMPORT],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=variables,
        )
        for node in nodes
    ]  # fmt: skip
    assert save.stdout is not None
    while chunk := save.stdout.read(CHUNK):
        for sink in sinks:
            _write(sink.stdin, chunk)
    failed = []
    for node, sink in zip(nodes, sinks, strict=True):
        _, errors = sink.communicate()
        if sink.returncode:
            failed.append(f"{node}: {errors.decode(errors='replace').strip()}")
    if save.wait() or failed:
        raise ClusterError("images were not loaded:\n" + "\n".join(failed or [f"{engine.client} save failed"]))


def _write(pipe: IO[bytes] | None, chunk: bytes) -> None:
    try:
        if pipe:
            pipe.write(chunk)
    except BrokenPipeError:
        return  # the importer has ended: its exit status and message are looked at later
