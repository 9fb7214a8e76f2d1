"""Builds the two images, each tagged with the hash of its inputs; a build is skipped if its image exists.

`python hack/images.py` builds missing images and prints `export OPERATOR_IMAGE=…` and `export RUNTIME_IMAGE=…`.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import kubernetes_env
from console import Step, run

ROOT = Path(__file__).resolve().parent.parent
SHARED_INPUTS = (
    "Dockerfile",
    ".dockerignore",
    "uv.lock",
    "pyproject.toml",
    "hack/image",
    "runtime",
    "operator/pyproject.toml",
)


@dataclass(frozen=True)
class Image:
    """A target of the Dockerfile, and the paths that its contents depend on."""

    target: str
    inputs: tuple[str, ...]

    def name(self, base: str) -> str:
        digest = hashlib.sha256(f"{base}\n".encode())
        for path in sorted(file for entry in self.inputs for file in _files(ROOT / entry)):
            digest.update(f"{path.relative_to(ROOT)}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
        return f"easy-mlops-{self.target}:dev-{digest.hexdigest()[:12]}"


OPERATOR = Image("operator", (*SHARED_INPUTS, "operator/src"))
RUNTIME = Image("runtime", SHARED_INPUTS)


def names(base: str) -> dict[str, str]:
    """The images' names by environment variable; variables that are set already take precedence."""
    return {
        "OPERATOR_IMAGE": os.environ.get("OPERATOR_IMAGE") or OPERATOR.name(base),
        "RUNTIME_IMAGE": os.environ.get("RUNTIME_IMAGE") or RUNTIME.name(base),
    }


def build(base: str) -> dict[str, str]:
    """Build the images that the engine does not have; returns `names`."""
    for image in (OPERATOR, RUNTIME):
        variable = f"{image.target.upper()}_IMAGE"
        if os.environ.get(variable):
            print(f"{variable} is set: not built", file=sys.stderr)
            continue
        name = image.name(base)
        if _size(name) is None:
            with Step(f"building {name}"):
                _build(image.target, name, base)
        print(f"{name}: {(_size(name) or 0) / 1e6:.0f} MB", file=sys.stderr)
    return names(base)


def deliver_to(cluster: str) -> None:
    """Build the images, load them into the cluster's nodes, and set their variables in the environment."""
    built = build(base_image())
    kubernetes_env.load(cluster, list(built.values()))
    os.environ.update(built)


def base_image() -> str:
    """The base image: $BASE, or what `hack/cluster base-image` prints."""
    if base := os.environ.get("BASE"):
        return base
    return run([sys.executable, "hack/cluster", "base-image"], cwd=ROOT).strip().splitlines()[-1]


def _client() -> str:
    """The engine's client, as selected by `hack/cluster env`."""
    return "podman" if os.environ.get("KIND_EXPERIMENTAL_PROVIDER") == "podman" else "docker"


def _build(target: str, name: str, base: str) -> None:
    options = ["--network=host", f"--target={target}", f"--build-arg=BASE={base}", f"--tag={name}"]
    environment = {**os.environ}
    if subprocess.run([_client(), "buildx", "version"], capture_output=True, check=False).returncode:
        environment["DOCKER_BUILDKIT"] = "0"
    run([_client(), "build", *options, "."], cwd=ROOT, env=environment)


def _size(name: str) -> int | None:
    command = [_client(), "image", "inspect", "--format={{.Size}}", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(done.stdout) if done.returncode == 0 else None


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts]


def main() -> int:
    started = time.monotonic()
    built = build(base_image())
    print(f"images are ready ({time.monotonic() - started:.0f} s)", file=sys.stderr)
    for variable, value in built.items():
        print(f"export {variable}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
