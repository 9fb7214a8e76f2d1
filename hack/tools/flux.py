"""Flux's kustomize-controller, and the CRDs that it needs.

    PYTHONPATH=hack python -m tools.flux      builds it if necessary

Only the CRDs of source-controller are used: some of its dependencies are not available everywhere.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tools.programs import GITOPS, programs, source

# The modules whose CRDs are needed, and the module in go.mod that pins their version.
WITH_CRDS: Final = {
    "github.com/fluxcd/kustomize-controller": "github.com/fluxcd/kustomize-controller",
    "github.com/fluxcd/source-controller": "github.com/fluxcd/source-controller/api",
}


def controller() -> Path:
    """Path of the controller's binary."""
    return programs(GITOPS) / "kustomize-controller"


def crds() -> list[Path]:
    """Files to apply before the controller starts."""
    pinned = dict(re.findall(r"^\s(\S+) (v\S+)", (GITOPS.modules / "gitops/go.mod").read_text(), re.M))
    folders = [source(module, pinned[named]) / "config/crd/bases" for module, named in WITH_CRDS.items()]
    return [crd for folder in folders for crd in sorted(folder.glob("*.yaml"))]


if __name__ == "__main__":
    controller()
    crds()
