"""Argo CD's health check, run by a real Lua 5.1 on statuses that the operator writes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from argocd import FOLDER, HEALTH, files, health_of, read_by_the_check
from kstatus import compute
from situations import SITUATIONS, just_applied, rule_firing

TESTS = yaml.safe_load((FOLDER / "health_test.yaml").read_text())["tests"]
SAME_AS_KSTATUS = {
    "Current": {"Healthy", "Suspended"},
    "InProgress": {"Progressing", "Suspended"},
    "Failed": {"Degraded"},
}


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test["inputPath"])
def test_argo_cds_own_tests_pass(test: dict[str, Any]) -> None:
    resource = yaml.safe_load((FOLDER / test["inputPath"]).read_text())
    assert health_of(resource) == test["healthStatus"]


def test_the_test_data_is_what_the_operator_writes() -> None:
    there = {str(path.relative_to(FOLDER)): path.read_text() for path in FOLDER.rglob("*.yaml")}
    assert there == files(), "`make crds` regenerates the files"


@pytest.mark.parametrize("situation", SITUATIONS)
def test_health(situation: str) -> None:
    resource = SITUATIONS[situation]().resource
    health = health_of(resource)
    assert health["status"] == HEALTH[situation]
    assert health == health_of(read_by_the_check(resource))
    assert health["status"] in SAME_AS_KSTATUS[compute(resource)]


def test_a_model_that_violates_thresholds_is_healthy_with_a_message() -> None:
    health = health_of(rule_firing().resource)
    assert health["status"] == "Healthy"
    assert health["message"].endswith("; 1 of 1 fire: accuracy = 0.1 < 0.8")


@pytest.mark.parametrize("status", [None, {}, {"conditions": None}, {"observedGeneration": 1}])
def test_a_resource_without_a_status_is_progressing(status: Any) -> None:
    resource = just_applied().resource
    del resource["status"]
    assert health_of(resource if status is None else {**resource, "status": status})["status"] == "Progressing"


def test_argo_cds_config_map_gets_the_check_under_the_kinds_key() -> None:
    folder = FOLDER.parents[1]
    [generator] = yaml.safe_load((folder / "kustomization.yaml").read_text())["configMapGenerator"]
    key, _, path = generator["files"][0].partition("=")
    assert (generator["name"], key) == ("argocd-cm", "resource.customizations.health.easymlops.dev_ModelDeployment")
    assert folder / path == FOLDER / "health.lua"
