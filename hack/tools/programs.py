"""The programs, and where they are after they are built."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cluster.cache import Cache
from cluster.gobuild import Build, module_source, program_folder
from cluster.toolchain import find_go

MODULES: Final = Path(__file__).resolve().parent / "modules"

# Prometheus without service discovery for cloud providers, which accounts for most of its dependencies.
PROMETHEUS: Final = Build("prometheus", ("tool",), tags=("remove_all_sd",), modules=MODULES)
MANIFEST_CHECKS: Final = Build("manifests", ("tool",), modules=MODULES)
STRICT: Final = Build("strict", (".",), modules=MODULES)
# Flux's controller, and a program that evaluates resources with kstatus, Flux and Argo CD's Lua.
GITOPS: Final = Build("gitops", ("github.com/fluxcd/kustomize-controller", "./verdicts"), modules=MODULES)
HELM: Final = Build("helm", ("tool",), modules=MODULES)
# Simulates nodes and pods for benchmarks with more of them than a machine can run.
KWOK: Final = Build("kwok", ("sigs.k8s.io/kwok/cmd/kwok",), modules=MODULES)

GATEWAY_API: Final = ("sigs.k8s.io/gateway-api", "v1.4.0")
"""The module with the CRDs of HTTPRoutes."""


def programs(build: Build) -> Path:
    """The folder with the programs of a build; builds them if necessary."""
    cache = Cache.of_user()
    with cache.locked():
        return program_folder(cache, find_go(cache), build)


def source(module: str, version: str) -> Path:
    """The folder with a module's source."""
    cache = Cache.of_user()
    with cache.locked():
        return module_source(find_go(cache), module, version)
