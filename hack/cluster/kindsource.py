"""Parts of kind's source for the node image: files of its base image, manifests and image names."""

import re
from dataclasses import dataclass
from pathlib import Path

CONSTANT = re.compile(r'^const (\w+) = "([^"]+)"', re.M)


@dataclass(frozen=True)
class KindSource:
    """kind's source folder at the pinned version."""

    folder: Path

    @property
    def files(self) -> Path:
        """The files in the base of kind's node images."""
        return self.folder / "images" / "base" / "files"

    def image(self, constant: str) -> str:
        return self._names()[constant]

    def network_manifest(self) -> str:
        return manifest(self._text("const_cni.go"), "defaultCNIManifest")

    def storage_manifest(self) -> str:
        return manifest(self._text("const_storage.go"), "defaultStorageManifest")

    def _names(self) -> dict[str, str]:
        return dict(CONSTANT.findall(self._text("const_cni.go") + self._text("const_storage.go")))

    def _text(self, file: str) -> str:
        return (self.folder / "pkg" / "build" / "nodeimage" / file).read_text()


def manifest(source: str, constant: str) -> str:
    """The value of a Go constant that concatenates raw strings and other constants of the same file."""
    names = dict(CONSTANT.findall(source))
    found = re.search(rf"^const {constant} = (`.*`)\s*$", source, re.S | re.M)
    if not found:
        raise ValueError(f"kind's source has no constant {constant}")
    return re.sub(r"` \+ (\w+) \+ `", lambda part: names[part[1]], found[1]).strip("`")
