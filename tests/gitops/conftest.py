"""Flux beside the cluster, and for each module a namespace with a repository of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flux_controller import Begin, Flux, new_flux, run_controller
from git_source import new_repository, served
from kube import Object, kubectl
from namespaces import restricted_namespace
from tools import flux as flux_programs


@pytest.fixture(scope="session")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Flux with its CRDs in the cluster."""
    files = [argument for crd in flux_programs.crds() for argument in ("-f", str(crd))]
    kubectl("apply", "--server-side", *files)
    kubectl("wait", "--for=condition=Established", *files, "--timeout=60s")
    with run_controller(flux_programs.controller(), tmp_path_factory.mktemp("flux") / "controller.log"):
        yield
    kubectl("delete", *files, "--timeout=60s")


@pytest.fixture(scope="module")
def begin(controller: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begin]:
    """Each has the module's namespace, and goes before it does."""
    folder = tmp_path_factory.mktemp("git")
    with restricted_namespace("gitops") as namespace, served(folder) as address:
        begun: list[Flux] = []

        def begin_with(kustomization: str, *objects: Object) -> Flux:
            repository = new_repository(folder, address)
            repository.commit("The first models", *objects)
            begun.append(new_flux(namespace, repository, folder, address, kustomization))
            return begun[-1]

        yield begin_with
        for flux in begun:
            flux.delete()
