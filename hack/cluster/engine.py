"""A container engine: Docker or Podman, the machine's own or the bootstrapped one."""

import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import ClusterError
from .process import run, succeeds

ANSWER_SECONDS = 10.0
PULL_SECONDS = 30.0
TINY_IMAGE = "docker.io/library/hello-world:latest"


@dataclass(frozen=True)
class Engine:
    """The client's name and the address of the engine (None: from the environment)."""

    client: str
    host: str | None = None

    @property
    def environment(self) -> dict[str, str]:
        variables = {"DOCKER_HOST": self.host} if self.host else {}
        if self.client == "podman":
            variables["KIND_EXPERIMENTAL_PROVIDER"] = "podman"
        return variables

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """Standard output of ``docker ARGUMENTS``."""
        return run([self.client, *arguments], env={**self.environment, **(env or {})})

    def answers(self) -> bool:
        """Whether an engine is running."""
        return succeeds([self.client, "info"], env=self.environment, timeout=ANSWER_SECONDS)

    def has_image(self, name: str) -> bool:
        return succeeds([self.client, "image", "inspect", name], env=self.environment, timeout=ANSWER_SECONDS)

    def image_id(self, name: str) -> str:
        """The ID of an image. Raises ClusterError if the engine does not have it."""
        return self.run("image", "inspect", "--format", "{{.Id}}", name).strip()

    def can_pull(self) -> bool:
        """Whether images can be pulled, tested with a tiny one (13 kB)."""
        had = self.has_image(TINY_IMAGE)
        pulled = succeeds([self.client, "pull", "--quiet", TINY_IMAGE], env=self.environment, timeout=PULL_SECONDS)
        if pulled and not had:
            self.run("rmi", TINY_IMAGE)
        return pulled

    def import_archive(self, archive: Path, name: str, changes: Iterable[str]) -> None:
        """Creates an image of one layer from a tar archive."""
        self.run("import", *_changes(changes), str(archive), name)

    def import_folder(self, folder: Path, name: str, changes: Iterable[str]) -> None:
        """Creates an image of one layer from a folder."""
        pack = subprocess.Popen(["tar", "--create", "--directory", folder, "."], stdout=subprocess.PIPE)
        command = [self.client, "import", *_changes(changes), "-", name]
        done = subprocess.run(
            command, stdin=pack.stdout, capture_output=True, text=True, env={**os.environ, **self.environment}
        )
        if pack.stdout:
            pack.stdout.close()
        if pack.wait() or done.returncode:
            raise ClusterError(f"{self.client} import of {name} failed: {done.stderr.strip()}")


def _changes(changes: Iterable[str]) -> list[str]:
    return [part for change in changes for part in ("--change", change)]
