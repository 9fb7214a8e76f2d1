"""A Git repository on loopback, and what takes source-controller's place: it makes each new commit known to Flux."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import yaml
from api_server import patch_status
from kube import Namespace, Object

BRANCH = "main"
AUTHOR = ("-c", "user.name=A Team", "-c", "user.email=team@example.com")


def git(*arguments: str | Path, cwd: Path) -> bytes:
    """Git's output. Raises `subprocess.CalledProcessError`."""
    return subprocess.run(["git", *AUTHOR, *arguments], cwd=cwd, capture_output=True, check=True).stdout


@dataclass(frozen=True)
class Repository:
    """`checkout` is where a team works, `bare` what it pushes to and `url` where that is read."""

    checkout: Path
    bare: Path
    url: str

    def commit(self, message: str, *objects: Object, remove: str = "") -> None:
        """Write a manifest for each object, or remove the one of a name, and push."""
        for body in objects:
            (self.checkout / f"{body['metadata']['name']}.yaml").write_text(yaml.safe_dump(body))
        if remove:
            (self.checkout / f"{remove}.yaml").unlink()
        git("add", "--all", cwd=self.checkout)
        git("commit", "--quiet", "--message", message, cwd=self.checkout)
        self._push()

    def revert(self) -> None:
        """Take the newest commit back and push."""
        git("revert", "--no-edit", "HEAD", cwd=self.checkout)
        self._push()

    def _push(self) -> None:
        git("push", "--quiet", self.bare, f"HEAD:{BRANCH}", cwd=self.checkout)
        git("update-server-info", cwd=self.bare)  # plain files are all that a clone over HTTP needs then


@dataclass(frozen=True)
class SourceStandIn:
    """Fetches what a GitRepository names and serves it as the artifact that its status names."""

    namespace: Namespace
    name: str
    files: Path
    address: str

    def sync(self) -> str:
        """Look for a new commit; its revision, as the status says it."""
        spec = self.namespace.get("gitrepository", self.name)["spec"]
        mirror = self.files / f"{self.name}.mirror"
        if not mirror.exists():
            git("clone", "--quiet", "--mirror", spec["url"], mirror, cwd=self.files)
        git("fetch", "--quiet", cwd=mirror)
        branch = spec["ref"]["branch"]
        commit = git("rev-parse", branch, cwd=mirror).decode().strip()
        archive = git("archive", "--format=tar.gz", commit, cwd=mirror)
        path = f"{self.name}-{commit}.tar.gz"
        (self.files / path).write_bytes(archive)
        revision = f"{branch}@sha1:{commit}"
        self._tell({"path": path, "revision": revision, "size": len(archive)}, hashlib.sha256(archive).hexdigest())
        return revision

    def _tell(self, artifact: Object, digest: str) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        artifact |= {"url": f"{self.address}/{artifact['path']}", "digest": f"sha256:{digest}", "lastUpdateTime": now}
        ready = {"type": "Ready", "status": "True", "reason": "Succeeded", "message": "", "lastTransitionTime": now}
        status = {"artifact": artifact, "observedGeneration": 1, "conditions": [ready]}
        patch_status(self.namespace.name, "gitrepository", self.name, status)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address on 127.0.0.1 at which the files of a folder can be read."""
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def new_repository(folder: Path, address: str) -> Repository:
    """An empty repository below a folder that is served at an address."""
    bare, checkout = folder / "models.git", folder / "checkout"
    for path, options in ((bare, ("--bare",)), (checkout, ())):
        git("init", "--quiet", f"--initial-branch={BRANCH}", *options, path, cwd=folder)
    return Repository(checkout, bare, f"{address}/models.git")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Requests are no news."""
