"""Selects a kubectl: the machine's own if its version is within the supported skew, else one that is built here."""

import json
import re
from pathlib import Path
from shutil import which

from . import gobuild
from .cache import Cache
from .errors import ClusterError
from .pins import KUBERNETES
from .process import run
from .toolchain import find_go

ALLOWED_SKEW = 1  # minor versions, https://kubernetes.io/releases/version-skew-policy/#kubectl


def fits(client_version: str, server_version: str = KUBERNETES) -> bool:
    """Whether a kubectl of one version supports a server of the other (``v1.34.4``, ``v1.33.1-eks``)."""
    client, server = (re.match(r"v(\d+)\.(\d+)", text) for text in (client_version, server_version))
    if not client or not server or client[1] != server[1]:
        return False
    return abs(int(client[2]) - int(server[2])) <= ALLOWED_SKEW


def machine_kubectl(cache: Cache) -> Path | None:
    """The kubectl on PATH, unless it was built here or its version is not supported."""
    found = which("kubectl")
    if not found or Path(found).parent == cache.bin:
        return None
    try:
        version = json.loads(run([found, "version", "--client", "--output", "json"]))["clientVersion"]["gitVersion"]
    except (ClusterError, ValueError, KeyError):
        return None
    return Path(found) if fits(version) else None


def find_kubectl(cache: Cache) -> Path:
    """A kubectl of a supported version; builds one if the machine has none."""
    return machine_kubectl(cache) or gobuild.program_folder(cache, find_go(cache), gobuild.KUBECTL) / "kubectl"
