"""Models judged by Flux's expressions, including thresholds, and pruned when they are removed from Git."""

from __future__ import annotations

import pytest
from flux_controller import Begin, Flux
from kube import Object, condition, config_map, model_deployment
from namespaces import has_children

TOO_MUCH = {"metric_thresholds": {"accuracy": 0.9999}}


@pytest.fixture(scope="module")
def flux(begin: Begin) -> Flux:
    return begin("within-thresholds", model_deployment("keeper"), model_deployment("goner", storage={"retain": False}))


def verdict(flux: Flux) -> tuple[str, str]:
    ready = condition(flux.sync(), "Ready")
    return ready["status"], ready["message"]


def test_a_sync_is_ready_once_all_models_are_within_their_thresholds(flux: Flux) -> None:
    status, message = verdict(flux)
    assert status == "True", message
    for name in ("keeper", "goner"):
        assert condition(flux.namespace.get("md", name), "ThresholdsMet")["status"] == "True"


def test_a_rule_that_fires_fails_the_sync_of_a_model_that_is_ready(flux: Flux) -> None:
    flux.repository.commit("Ask for too much", model_deployment("keeper", observability=TOO_MUCH))
    status, message = verdict(flux)
    assert status == "False"
    assert "ModelDeployment/" in message and "keeper" in message
    resource = flux.namespace.get("md", "keeper")
    assert condition(resource, "Ready")["status"] == "True"
    assert condition(resource, "ThresholdsMet")["reason"] == "RuleFiring"
    flux.repository.revert()
    assert verdict(flux)[0] == "True"


def test_removing_a_resource_from_git_deletes_its_children_but_not_a_retained_claim(flux: Flux) -> None:
    flux.repository.commit("Something remains: Flux takes an empty source for a mistake", config_map("rest"))
    for name in ("keeper", "goner"):
        flux.repository.commit(f"Without {name}", remove=name)
    assert verdict(flux)[0] == "True"
    assert not flux.namespace.list("md")

    def are_gone(_: Object) -> bool:
        left = any(has_children(flux.namespace, name) for name in ("keeper", "goner"))
        return not left and not flux.namespace.exists("pvc", "goner")

    flux.namespace.wait("serviceaccount", "default", are_gone, seconds=120, what="rid of the children")
    assert flux.namespace.get("pvc", "keeper")["status"]["phase"] == "Bound"
