"""Copies images from the engine to the nodes: saved once, sent in parallel, without layers that a node has."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from .engine import Engine
from .errors import ClusterError
from .progress import say, step
from .saved import SavedImage, canonical, read_saved, send

IMPORT = ("ctr", "--namespace=k8s.io", "images", "import", "--all-platforms", "--snapshotter=overlayfs", "-")
SNAPSHOTS = ("ctr", "--namespace=k8s.io", "snapshots", "--snapshotter=overlayfs", "list")


@dataclass(frozen=True)
class Node:
    """A node and its contents: images as crictl lists them, unpacked layers by chain ID."""

    name: str
    images: tuple[Any, ...]
    chains: frozenset[str]


def load_images(engine: Engine, nodes: Iterable[str], images: list[str], place: Path) -> None:
    """Loads images into the nodes that do not have them; ``place`` is a folder with space for a copy of them."""
    wanted = {image: engine.image_id(image) for image in images}
    with ThreadPoolExecutor() as pool:
        known = list(pool.map(lambda name: _look(engine, name), sorted(nodes)))
    targets = [node for node in known if missing(wanted, node.images)]
    if not targets:
        say(f"every node has {', '.join(images)}")
        return
    needed = [image for image in images if any(image in missing(wanted, node.images) for node in targets)]
    title = f"load of {', '.join(needed)} into {len(targets)} of {len(known)} nodes"
    # a file without a name disappears with this process
    with step(title), tempfile.TemporaryFile(dir=place) as file:
        _save(engine, needed, file)
        saved = read_saved(file)
        with ThreadPoolExecutor(len(targets)) as pool:
            problems = [text for text in pool.map(lambda node: _import(engine, node, file, saved), targets) if text]
    if problems:
        raise ClusterError("loading images failed:\n" + "\n".join(problems))


def missing(wanted: dict[str, str], present: Iterable[Any]) -> list[str]:
    """Names of images that a node does not have: ``wanted`` maps names to IDs, ``present`` is the list of crictl."""
    there = {(canonical(tag), image["id"]) for image in present for tag in image.get("repoTags") or ()}
    return [name for name, identity in wanted.items() if (canonical(name), identity) not in there]


def unpacked(listing: str) -> frozenset[str]:
    """Chain IDs of complete snapshots in the output of ``ctr snapshots list``."""
    rows = (line.split() for line in listing.splitlines())
    return frozenset(row[0] for row in rows if row and row[-1] == "Committed")


def _look(engine: Engine, node: str) -> Node:
    images = json.loads(engine.run("exec", node, "crictl", "images", "--output", "json"))["images"]
    return Node(node, tuple(images), unpacked(engine.run("exec", node, *SNAPSHOTS)))


def _save(engine: Engine, images: list[str], file: IO[bytes]) -> None:
    environment = {**os.environ, **engine.environment}
    done = subprocess.run([engine.client, "save", *images], stdout=file, stderr=subprocess.PIPE, env=environment)
    if done.returncode:
        raise ClusterError(f"{engine.client} save: {done.stderr.decode(errors='replace').strip()}")


def _import(engine: Engine, node: Node, file: IO[bytes], images: list[SavedImage]) -> str:
    """Sends the images to one node; returns an error message, or an empty string."""
    command = [engine.client, "exec", "--interactive", node.name, *IMPORT]
    environment = {**os.environ, **engine.environment}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors, env=environment
        )
        assert process.stdin is not None
        try:
            with process.stdin as sink:
                send(file, images, node.chains, sink)
        except BrokenPipeError:
            pass  # the importer ended: its message says why
        if process.wait() == 0:
            return ""
        errors.seek(0)
        return f"{node.name}: {errors.read().decode(errors='replace').strip()}"
