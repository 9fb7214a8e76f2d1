"""Which programs there are, and where they lie once they are built."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cluster.cache import Cache
from cluster.gobuild import Build, module_source, program_folder
from cluster.toolchain import find_go

MODULES: Final = Path(__file__).resolve().parent / "modules"

# Prometheus without its twenty-odd ways to find targets in clouds, which are most of its dependencies.
PROMETHEUS: Final = Build("prometheus", ("tool",), tags=("remove_all_sd",), modules=MODULES)
MANIFEST_CHECKS: Final = Build("manifests", ("tool",), modules=MODULES)
STRICT: Final = Build("strict", (".",), modules=MODULES)
# Flux's own controller, and a program that asks kstatus, Flux and Argo CD's Lua about resources.
GITOPS: Final = Build("gitops", ("github.com/fluxcd/kustomize-controller", "./verdicts"), modules=MODULES)
# Plays nodes and pods, for benchmarks with more of them than there are machines.
KWOK: Final = Build("kwok", ("sigs.k8s.io/kwok/cmd/kwok",), modules=MODULES)


def programs(build: Build) -> Path:
    """The folder with the programs of this build; builds them when they are not there."""
    cache = Cache.of_user()
    with cache.locked():
        return program_folder(cache, find_go(cache), build)


def source(module: str, version: str) -> Path:
    """The folder with a module's source."""
    cache = Cache.of_user()
    with cache.locked():
        return module_source(find_go(cache), module, version)
