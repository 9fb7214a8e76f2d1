"""Image archives: the same bytes for the same folder, with every digest right."""

import hashlib
import json
import tarfile
from pathlib import Path

import pytest
from cluster.cache import write
from cluster.oci import write_image


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path / "root" / "bin" / "program", "#!/bin/sh\n", mode=0o755)
    return tmp_path / "root"


def read(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def test_the_same_folder_gives_the_same_archive(root: Path, tmp_path: Path) -> None:
    for name in ("one.tar", "two.tar"):
        write_image(tmp_path / name, "registry.test/app:1", root)
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_every_blob_is_named_by_its_digest(root: Path, tmp_path: Path) -> None:
    write_image(tmp_path / "a.tar", "registry.test/app:1", root, entrypoint="/bin/program")
    blobs = {name.rsplit("/", 1)[1]: data for name, data in read(tmp_path / "a.tar").items() if "blobs/" in name}
    assert len(blobs) == 3
    assert all(hashlib.sha256(data).hexdigest() == name for name, data in blobs.items())


def test_the_index_leads_to_the_name_and_the_entrypoint(root: Path, tmp_path: Path) -> None:
    write_image(tmp_path / "a.tar", "registry.test/app:1", root, entrypoint="/bin/program")
    files = read(tmp_path / "a.tar")
    (entry,) = json.loads(files["index.json"])["manifests"]
    assert entry["annotations"]["io.containerd.image.name"] == "registry.test/app:1"
    manifest = json.loads(files["blobs/sha256/" + entry["digest"].split(":")[1]])
    config = json.loads(files["blobs/sha256/" + manifest["config"]["digest"].split(":")[1]])
    assert config["config"]["Entrypoint"] == ["/bin/program"]
