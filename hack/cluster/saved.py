"""Converts the output of ``docker save`` and ``podman save`` to an OCI archive without the layers that a node has.

Formats: https://github.com/moby/docker-image-spec (manifest.json), https://github.com/opencontainers/image-spec.
"""

import io
import json
import os
import posixpath
import tarfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import IO

from .oci import LAYOUT, MEDIA, Descriptor, add_file, digest_of, image_manifest, index, index_entry

COMPRESSIONS = {b"\x1f\x8b": "+gzip", b"\x28\xb5": "+zstd"}  # by the first two bytes of a layer
CHUNK = 1 << 20


@dataclass(frozen=True)
class Layer:
    """A layer: its descriptor, its position in the saved file, and the ID of the chain that it ends."""

    descriptor: Descriptor
    offset: int
    chain: str


@dataclass(frozen=True)
class SavedImage:
    """An image with all its names."""

    names: tuple[str, ...]
    config: bytes
    layers: tuple[Layer, ...]


def canonical(name: str) -> str:
    """The full name of an image, as containerd expands a short one."""
    first, _, rest = name.partition("/")
    if not rest:
        name = f"docker.io/library/{name}"
    elif not ("." in first or ":" in first or first == "localhost"):
        name = f"docker.io/{name}"
    return name if ":" in name.rsplit("/", 1)[1] else f"{name}:latest"


def chains(diffs: Iterable[str]) -> list[str]:
    """The chain ID of each layer, by which containerd identifies unpacked layers (image-spec, config.md)."""
    found: list[str] = []
    for diff in diffs:
        found.append(digest_of(f"{found[-1]} {diff}".encode()) if found else diff)
    return found


def read_saved(file: IO[bytes]) -> list[SavedImage]:
    """Finds the images and their layers in a saved archive, without reading the layers."""
    file.seek(0)
    with tarfile.open(fileobj=file, mode="r:") as tar:
        members = {member.name: member for member in tar}

    def locate(path: str) -> tarfile.TarInfo:
        member = members[path]
        if not member.issym():
            return member
        return locate(posixpath.normpath(posixpath.join(posixpath.dirname(path), member.linkname)))

    def content(path: str) -> bytes:
        member = locate(path)
        return os.pread(file.fileno(), member.size, member.offset_data)

    images = []
    for entry in json.loads(content("manifest.json")):
        config = content(entry["Config"])
        diffs = json.loads(config)["rootfs"]["diff_ids"]
        layers = tuple(
            _layer(file, path, locate(path), diff, chain)
            for path, diff, chain in zip(entry["Layers"], diffs, chains(diffs), strict=True)
        )
        images.append(SavedImage(tuple(map(canonical, entry["RepoTags"] or ())), config, layers))
    return images


def send(file: IO[bytes], images: Iterable[SavedImage], present: Collection[str], sink: IO[bytes]) -> None:
    """Writes an OCI archive of the images to ``sink``, without layers whose chain ID is in ``present``.

    Several threads may read from the same file.
    """
    entries, sent = [], set()
    with tarfile.open(fileobj=sink, mode="w|", bufsize=CHUNK) as tar:
        for image in images:
            manifest = image_manifest(image.config, [layer.descriptor for layer in image.layers])
            for blob in (image.config, manifest):
                add_file(tar, Descriptor.of("", blob).path, blob)
            for layer in image.layers:
                if layer.chain not in present and layer.descriptor not in sent:
                    sent.add(layer.descriptor)
                    info = tarfile.TarInfo(layer.descriptor.path)
                    info.size = layer.descriptor.size
                    tar.addfile(info, io.BufferedReader(_Slice(file, layer), CHUNK))
            entries += [index_entry(manifest, image.config, name) for name in image.names]
        for path, content in {**LAYOUT, "index.json": index(entries)}.items():
            add_file(tar, path, content)


class _Slice(io.RawIOBase):
    """A layer's bytes, read without moving the position of the file that holds them."""

    def __init__(self, file: IO[bytes], layer: Layer) -> None:
        self._descriptor = file.fileno()
        self._position = layer.offset
        self._end = layer.offset + layer.descriptor.size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        wanted = min(len(buffer), self._end - self._position)
        read = os.preadv(self._descriptor, [buffer[:wanted]], self._position)
        self._position += read
        return read


def _layer(file: IO[bytes], path: str, member: tarfile.TarInfo, diff: str, chain: str) -> Layer:
    compression = COMPRESSIONS.get(os.pread(file.fileno(), 2, member.offset_data), "")
    # a compressed layer is stored under its own digest, an uncompressed one under the digest of its contents
    digest = f"sha256:{posixpath.basename(path)}" if compression else diff
    return Layer(Descriptor(f"{MEDIA}.layer.v1.tar{compression}", digest, member.size), member.offset_data, chain)
