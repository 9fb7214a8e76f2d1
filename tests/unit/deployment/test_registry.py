"""`STEP_REGISTRY` is a dict like any other: it can be copied, replaced, and replaced for a subclass only."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops.deployment import DeploymentContext, DeploymentStep, ModelDeployer
from easy_mlops.observability import ModelMonitor, ObservabilityStep


class Announce(DeploymentStep):
    name = "announce"

    def run(self, context: DeploymentContext) -> None:
        context.artifacts["announced"] = "yes"


class Watch(ObservabilityStep):
    name = "watch"


CASES = [(ModelDeployer, Announce), (ModelMonitor, Watch)]


@pytest.mark.parametrize(("owner", "step"), CASES)
def test_a_copy_has_the_type_and_the_steps_of_the_original(owner: Any, step: Any) -> None:
    copied = owner.STEP_REGISTRY.copy()
    assert type(copied) is type(owner.STEP_REGISTRY)
    assert copied == owner.STEP_REGISTRY
    copied["announce"] = step
    assert "announce" not in owner.STEP_REGISTRY


@pytest.mark.parametrize(("owner", "step"), CASES)
def test_a_plain_dict_can_be_assigned_registered_in_and_taken_back(
    owner: Any, step: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = owner.STEP_REGISTRY
    monkeypatch.setattr(owner, "STEP_REGISTRY", dict(original))
    owner.register_step(step)
    assert step.name in owner.STEP_REGISTRY
    assert step.name not in original
    first = next(iter(original))
    assert [s.name for s in owner({"steps": [first, step.name]}).steps] == [first, step.name]
    owner.STEP_REGISTRY = original
    with pytest.raises(ValueError, match=step.name):
        owner({"steps": [step.name]})


@pytest.mark.parametrize(("owner", "step"), CASES)
def test_a_subclass_may_have_a_registry_of_its_own(owner: Any, step: Any) -> None:
    mine = type("Mine", (owner,), {"STEP_REGISTRY": owner.STEP_REGISTRY | {step.name: step}})
    assert [s.name for s in mine({"steps": [step.name]}).steps] == [step.name]
    assert step.name not in owner.STEP_REGISTRY


def test_the_deployment_info_is_the_same_by_method_and_attribute(trainer: Any, results: dict[str, Any]) -> None:
    deployer = ModelDeployer()
    assert deployer.get_deployment_info() == deployer.deployment_info == {}
    artifacts = deployer.deploy(trainer, {"fitted": True}, results)
    assert deployer.get_deployment_info() == deployer.deployment_info
    assert artifacts.items() <= deployer.get_deployment_info().items()
