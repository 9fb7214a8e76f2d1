"""One-layer OCI image archives made from a folder, without a container engine and the same every time.

Format: https://github.com/opencontainers/image-spec (image-layout, manifest, config).
"""

import gzip
import hashlib
import io
import json
import platform
import tarfile
from pathlib import Path

MEDIA = "application/vnd.oci.image"
PATH_VARIABLE = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def architecture() -> str:
    """This machine's architecture as images and Go name it."""
    return ARCHITECTURES.get(platform.machine(), platform.machine())


def write_image(archive: Path, name: str, root: Path, *, entrypoint: str | None = None) -> None:
    """Packs ``root`` as the only layer of the image ``name`` (with its tag) into ``archive``."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(root, arcname=".", filter=_anonymous)
    layer = packed.getvalue()
    compressed = gzip.compress(layer, 1, mtime=0)
    settings: dict[str, object] = {"Env": [PATH_VARIABLE]}
    if entrypoint:
        settings["Entrypoint"] = [entrypoint]
    where = {"architecture": architecture(), "os": "linux"}
    config = _json({**where, "config": settings, "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]}})
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": f"{MEDIA}.manifest.v1+json",
            "config": _descriptor("config.v1+json", config),
            "layers": [_descriptor("layer.v1.tar+gzip", compressed)],
        }
    )
    tag = name.rsplit(":", 1)[1]
    named = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": tag}
    entry = {**_descriptor("manifest.v1+json", manifest), "platform": where, "annotations": named}
    files = {"oci-layout": _json({"imageLayoutVersion": "1.0.0"})}
    files["index.json"] = _json({"schemaVersion": 2, "manifests": [entry]})
    for blob in (config, manifest, compressed):
        files["blobs/sha256/" + _digest(blob).removeprefix("sha256:")] = blob
    with tarfile.open(archive, "w") as tar:
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    return info


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _descriptor(media: str, content: bytes) -> dict[str, object]:
    return {"mediaType": f"{MEDIA}.{media}", "digest": _digest(content), "size": len(content)}


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
