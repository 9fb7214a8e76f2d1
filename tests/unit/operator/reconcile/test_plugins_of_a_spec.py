"""Plugins in a resource: what the operator leaves to the run, what it mounts, and what it waits for."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from easy_mlops.config.data import DataUri
from easy_mlops.config.deployment import DEFAULT_STEPS
from easy_mlops_operator.reconcile import Source, Wanted, read
from easy_mlops_operator.reconcile.acceptance import Accepted, Refused, accept
from job_states import pending, status_and_reason
from model_cluster import SETTINGS, ModelCluster, model_deployment
from pod_standards import problems_with

ONE, OTHER = "1" * 64, "2" * 64
DATA = {"uri": "sklearn://wine"}


def plugin(module: str = "my_steps", digest: str = ONE, config_map: str = "steps") -> dict[str, str]:
    return {"configMap": config_map, "module": module, "sha256": digest}


def spec(*plugins: dict[str, str], **sections: Any) -> dict[str, Any]:
    return {"data": DATA, "pipeline": {"plugins": list(plugins)}, **sections}


def target(raw: dict[str, Any]) -> str:
    found = accept("churn", raw)
    assert isinstance(found, Accepted), found
    return found.target


def problems(raw: dict[str, Any]) -> list[tuple[str, str]]:
    found = accept("churn", raw)
    assert isinstance(found, Refused), found
    return [(problem.path, problem.reason) for problem in found.problems]


@pytest.mark.parametrize("section", ["deployment", "observability"])
def test_a_step_that_only_a_plugin_can_know_is_left_to_the_run(section: str) -> None:
    steps = {section: {"steps": ["mine", *(DEFAULT_STEPS if section == "deployment" else ())]}}
    assert problems(spec(**steps)) == [(f"spec.{section}.steps[0]", "UnknownStep")]
    target(spec(plugin(), **steps))
    target({"data": DATA, "pipeline": {"image": "with-packages:1"}, **steps})


def test_preprocessing_has_no_steps_of_plugins() -> None:
    assert problems(spec(plugin(), preprocessing={"steps": ["mine"]})) == [
        ("spec.preprocessing.steps[0]", "UnknownStep")
    ]


def test_the_parameters_of_a_built_in_step_are_checked_anyway() -> None:
    steps = {"steps": ["mine", {"type": "save_model", "params": {"file": "m.joblib"}}]}
    assert problems(spec(plugin(), deployment=steps)) == [("spec.deployment.steps[1].params.file", "UnknownField")]


@pytest.mark.parametrize(
    "wrong",
    [
        {**plugin(), "sha256": "abc"},
        {**plugin(), "sha256": ONE.replace("1", "A")},
        {**plugin(), "module": "../my_steps"},
        {**plugin(), "module": "my.steps"},
        {**plugin(), "configMap": "My_Steps"},
    ],
)
def test_a_field_of_the_wrong_form_is_named(wrong: dict[str, str]) -> None:
    ((path, reason),) = problems(spec(wrong))
    assert path.startswith("spec.pipeline.plugins[0].")
    assert reason == "InvalidValue"


def test_a_plugin_without_a_digest_is_refused() -> None:
    assert problems(spec({"configMap": "steps", "module": "my_steps"}))[0][0] == "spec.pipeline.plugins[0].sha256"


def test_one_module_has_one_source() -> None:
    twice = spec(plugin(), plugin("my_steps:Mine", config_map="elsewhere"))
    assert problems(twice) == [("spec.pipeline.plugins[1]", "ConflictingKeys")]
    assert problems(spec(plugin(), plugin(digest=OTHER))) == [("spec.pipeline.plugins[1]", "ConflictingKeys")]
    target(spec(plugin(), plugin("my_steps:Mine")))


def test_another_source_is_another_revision() -> None:
    specs = [{"data": DATA}, spec(plugin()), spec(plugin(digest=OTHER)), spec(plugin(), plugin("more"))]
    assert len({target(raw) for raw in specs}) == len(specs)
    assert target(spec()) == target({"data": DATA})


def test_the_job_mounts_the_modules_in_one_folder_and_says_where() -> None:
    cluster = pending(pipeline={"plugins": [plugin("helpers", OTHER, "more"), plugin("my_steps:Mine")]})
    (job,) = cluster.all("Job")
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (volume,) = [volume for volume in pod["volumes"] if volume["name"] == "plugins"]
    assert volume["projected"]["sources"] == [
        {"configMap": {"name": "more", "items": [{"key": "helpers.py", "path": "helpers.py"}]}},
        {"configMap": {"name": "steps", "items": [{"key": "my_steps.py", "path": "my_steps.py"}]}},
    ]
    (mount,) = [mount for mount in container["volumeMounts"] if mount["name"] == "plugins"]
    assert mount["readOnly"]
    assert container["args"][-2:] == ["--plugin-path", mount["mountPath"]]
    assert problems_with(pod) == []


def test_the_run_gets_the_list_with_the_digests() -> None:
    cluster = pending(pipeline={"backoffLimit": 1, "plugins": [plugin()]})
    (config,) = cluster.all("ConfigMap")
    (text,) = config["data"].values()
    assert yaml.safe_load(text)["spec"]["pipeline"] == {"plugins": [plugin()]}


def test_without_plugins_there_is_nothing_to_mount() -> None:
    (job,) = pending().all("Job")
    assert "plugin" not in str(job)


def test_each_config_map_is_looked_up_until_the_model_is_trained() -> None:
    cluster = pending(pipeline={"plugins": [plugin("my_steps:Mine"), plugin("more", OTHER, "others")]})
    assert read(cluster.resource, SETTINGS).sources == (
        Wanted("spec.pipeline.plugins[0]", DataUri("configmap", "steps", "my_steps.py")),
        Wanted("spec.pipeline.plugins[1]", DataUri("configmap", "others", "more.py")),
    )
    cluster.succeed()
    cluster.settle()
    assert read(cluster.resource, SETTINGS).sources == ()


def test_a_config_map_that_is_missing_is_waited_for_and_no_job_is_made() -> None:
    message = "spec.pipeline.plugins[0]: ConfigMap 'steps' does not exist in namespace 'shop'"
    cluster = ModelCluster(model_deployment(pipeline={"plugins": [plugin()]}), source=Source("missing", message))
    cluster.settle()
    assert not cluster.all("Job")
    assert status_and_reason(cluster) == ("False", "DataUnavailable")
    assert cluster.condition("PipelineSucceeded")["message"] == message
    assert not cluster.condition("Stalled")
    cluster.source = Source("found")
    cluster.train()
    assert cluster.condition("Ready")["status"] == "True"


def test_a_source_that_the_run_refuses_stalls_until_the_spec_changes() -> None:
    cluster = pending(pipeline={"plugins": [plugin()]})
    cluster.fail(reason="InvalidSpec", location="spec.pipeline.plugins[0]", message="has the SHA-256 x")
    cluster.settle()
    assert status_and_reason(cluster) == ("False", "InvalidSpec")
    assert cluster.condition("Stalled")["reason"] == "InvalidSpec"
    cluster.change(pipeline={"plugins": [plugin(digest=OTHER)]})
    cluster.train()
    assert cluster.condition("Ready")["status"] == "True"
