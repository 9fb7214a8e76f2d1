"""Flux's kustomize-controller, and the CRDs that it wants.

    PYTHONPATH=hack python -m tools.flux      builds what is not built yet

Of source-controller only the CRDs are used: not all that it depends on can be had everywhere.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tools.programs import GITOPS, programs, source

# Whose CRDs are wanted, and the module of go.mod that says in which version.
WITH_CRDS: Final = {
    "github.com/fluxcd/kustomize-controller": "github.com/fluxcd/kustomize-controller",
    "github.com/fluxcd/source-controller": "github.com/fluxcd/source-controller/api",
}


def controller() -> Path:
    """The controller's program."""
    return programs(GITOPS) / "kustomize-controller"


def crds() -> list[Path]:
    """Files to apply before the controller starts."""
    pinned = dict(re.findall(r"^\s(\S+) (v\S+)", (GITOPS.modules / "gitops/go.mod").read_text(), re.M))
    folders = [source(module, pinned[named]) / "config/crd/bases" for module, named in WITH_CRDS.items()]
    return [crd for folder in folders for crd in sorted(folder.glob("*.yaml"))]


if __name__ == "__main__":
    controller()
    crds()
