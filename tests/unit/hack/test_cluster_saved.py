"""A node receives the layers that it does not have, whichever engine saved the image."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from cluster.saved import chains, read_saved, send

BASE, TOP = b"the base's files" * 100, b"the top layer's files"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


CONFIG = json.dumps(
    {"architecture": "amd64", "os": "linux", "rootfs": {"diff_ids": [f"sha256:{sha(BASE)}", f"sha256:{sha(TOP)}"]}}
).encode()
CHAINS = chains([f"sha256:{sha(BASE)}", f"sha256:{sha(TOP)}"])


def saved(folder: Path, files: dict[str, bytes], links: dict[str, str], layers: list[str]) -> IO[bytes]:
    manifest = [{"Config": "config.json", "RepoTags": ["app:1"], "Layers": layers}]
    contents = {"config.json": CONFIG, **files, "manifest.json": json.dumps(manifest).encode()}
    with tarfile.open(folder / "saved.tar", "w") as tar:
        for name, content in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, target in links.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    return (folder / "saved.tar").open("rb")


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[IO[bytes]]:
    files = {"0a/layer.tar": BASE, "0b/layer.tar": TOP}
    with saved(tmp_path, files, {}, list(files)) as file:
        yield file


def sent(file: IO[bytes], present: set[str]) -> dict[str, bytes]:
    sink = io.BytesIO()
    send(file, read_saved(file), present, sink)
    sink.seek(0)
    with tarfile.open(fileobj=sink) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def manifest_of(files: dict[str, bytes]) -> Any:
    (entry,) = json.loads(files["index.json"])["manifests"]
    assert entry["annotations"]["io.containerd.image.name"] == "docker.io/library/app:1"
    return json.loads(files["blobs/sha256/" + entry["digest"].removeprefix("sha256:")])


def test_a_node_that_has_nothing_gets_every_layer(plain: IO[bytes]) -> None:
    files = sent(plain, set())
    assert files[f"blobs/sha256/{sha(BASE)}"] == BASE
    assert files[f"blobs/sha256/{sha(TOP)}"] == TOP
    assert files[f"blobs/sha256/{sha(CONFIG)}"] == CONFIG


def test_a_node_that_has_the_base_gets_only_what_is_on_top(plain: IO[bytes]) -> None:
    files = sent(plain, {CHAINS[0]})
    assert f"blobs/sha256/{sha(BASE)}" not in files
    assert files[f"blobs/sha256/{sha(TOP)}"] == TOP
    assert [layer["digest"] for layer in manifest_of(files)["layers"]] == [f"sha256:{sha(BASE)}", f"sha256:{sha(TOP)}"]


def test_the_same_layer_on_another_base_is_sent(plain: IO[bytes]) -> None:
    assert f"blobs/sha256/{sha(TOP)}" in sent(plain, {f"sha256:{sha(TOP)}"})


def test_the_image_keeps_its_identity(plain: IO[bytes]) -> None:
    assert manifest_of(sent(plain, set()))["config"]["digest"] == f"sha256:{sha(CONFIG)}"


def test_a_layer_saved_as_a_link_is_found(tmp_path: Path) -> None:
    files = {"0a/layer.tar": BASE, "0b/layer.tar": TOP}
    with saved(tmp_path, files, {"0c/layer.tar": "../0a/layer.tar"}, ["0c/layer.tar", "0b/layer.tar"]) as file:
        assert sent(file, set())[f"blobs/sha256/{sha(BASE)}"] == BASE


def test_a_compressed_layer_goes_under_its_own_digest(tmp_path: Path) -> None:
    packed = gzip.compress(TOP)
    files = {f"blobs/sha256/{sha(BASE)}": BASE, f"blobs/sha256/{sha(packed)}": packed}
    with saved(tmp_path, files, {}, list(files)) as file:
        files_sent = sent(file, set())
    assert files_sent[f"blobs/sha256/{sha(packed)}"] == packed
    assert [layer["mediaType"].rsplit(".", 1)[1] for layer in manifest_of(files_sent)["layers"]] == ["tar", "tar+gzip"]


def test_chain_ids_follow_the_specification() -> None:
    one, two = "sha256:" + "1" * 64, "sha256:" + "2" * 64
    assert chains([one, two]) == [one, "sha256:" + sha(f"{one} {two}".encode())]
