"""A version of the operator: a checkout and the images that were built from it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Version:
    """A checkout whose images are on the nodes."""

    checkout: Path
    images: dict[str, str]

    def install(self) -> None:
        """Have this version's CRD, rights and operator in the cluster, and wait until it is at work."""
        environment = {**os.environ, **self.images}
        subprocess.run([sys.executable, "hack/install.py", "up"], cwd=self.checkout, env=environment, check=True)
