"""The parts of OCI image archives, and images of one layer, built from a folder without a container engine.

Format: https://github.com/opencontainers/image-spec (image-layout, manifest, config).
"""

import gzip
import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

MEDIA = "application/vnd.oci.image"
PATH_VARIABLE = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
LAYOUT = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}


@dataclass(frozen=True)
class Descriptor:
    """A reference to a blob: media type, digest and size."""

    media: str
    digest: str
    size: int

    @classmethod
    def of(cls, media: str, content: bytes) -> "Descriptor":
        return cls(f"{MEDIA}.{media}", digest_of(content), len(content))

    @property
    def path(self) -> str:
        """Path of the blob in an archive."""
        return "blobs/sha256/" + self.digest.removeprefix("sha256:")

    @property
    def fields(self) -> dict[str, object]:
        return {"mediaType": self.media, "digest": self.digest, "size": self.size}


def architecture() -> str:
    """This machine's architecture, as named in images and by Go."""
    return ARCHITECTURES.get(platform.machine(), platform.machine())


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def encode(value: object) -> bytes:
    """Canonical JSON: equal values have equal bytes."""
    return json.dumps(value, sort_keys=True).encode()


def image_manifest(config: bytes, layers: Iterable[Descriptor]) -> bytes:
    """The manifest that ties a configuration to its layers."""
    manifest = {"schemaVersion": 2, "mediaType": f"{MEDIA}.manifest.v1+json"}
    parts = {"config": Descriptor.of("config.v1+json", config).fields, "layers": [layer.fields for layer in layers]}
    return encode({**manifest, **parts})


def index_entry(manifest: bytes, config: bytes, name: str) -> dict[str, object]:
    """How an archive's index names an image: ``name`` in full, with its tag."""
    settings = json.loads(config)
    where = {key: settings[key] for key in ("architecture", "os", "variant") if settings.get(key)}
    names = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.rsplit(":", 1)[1]}
    return {**Descriptor.of("manifest.v1+json", manifest).fields, "platform": where, "annotations": names}


def index(entries: Iterable[Mapping[str, object]]) -> bytes:
    return encode({"schemaVersion": 2, "manifests": list(entries)})


def add_file(tar: tarfile.TarFile, path: str, content: bytes) -> None:
    info = tarfile.TarInfo(path)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def write_image(archive: Path, name: str, root: Path, *, entrypoint: str | None = None) -> None:
    """Packs ``root`` as the only layer of the image ``name`` (with its tag) into ``archive``."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(root, arcname=".", filter=_anonymous)
    layer = packed.getvalue()
    settings: dict[str, object] = {"Env": [PATH_VARIABLE]}
    if entrypoint:
        settings["Entrypoint"] = [entrypoint]
    diffs = {"type": "layers", "diff_ids": [digest_of(layer)]}
    config = encode({"architecture": architecture(), "os": "linux", "config": settings, "rootfs": diffs})
    compressed = gzip.compress(layer, 1, mtime=0)
    manifest = image_manifest(config, [Descriptor.of("layer.v1.tar+gzip", compressed)])
    files = {**LAYOUT, "index.json": index([index_entry(manifest, config, name)])}
    for blob in (config, manifest, compressed):
        files[Descriptor.of("", blob).path] = blob
    with tarfile.open(archive, "w") as tar:
        for path, content in files.items():
            add_file(tar, path, content)


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    return info
