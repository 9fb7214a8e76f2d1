"""Every mistake in a configuration is reported with its path, its value and what is allowed."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops.config import Config, ConfigError, ModelDeploymentSpec, StepTypeError
from easy_mlops.config.base import StepSpec
from easy_mlops.config.check.spec import check_spec
from easy_mlops.config.deployment import DEPLOYMENT_STEPS, DeploymentSection, effective_steps
from easy_mlops.config.policy import policy_of
from easy_mlops.config.preprocessing import PreprocessingSection
from easy_mlops.config.steps import check_step_list
from easy_mlops.rules.rule import EffectiveRule
from hypothesis import given
from hypothesis import strategies as st

DATA = {"uri": "sklearn://wine"}


def problems(raw: dict[str, Any]) -> list[tuple[str, str, str]]:
    with pytest.raises(ConfigError) as caught:
        ModelDeploymentSpec.parse({"data": DATA, **raw}, "spec")
    return [(problem.path, problem.reason, problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("raw", "path", "reason", "words"),
    [
        ({"observability": {"alert_treshold": 1}}, "spec.observability.alert_treshold", "UnknownField",
         "did you mean 'alert_threshold'?"),
        ({"sepc": 1}, "spec.sepc", "UnknownField", "allowed are data, deployment"),
        ({"pipeline": {"backofLimit": 1}}, "spec.pipeline.backofLimit", "UnknownField", "'backoffLimit'"),
        ({"data": {"uri": "ftp://x"}}, "spec.data.uri", "InvalidValue", "allowed are configmap://name/key"),
        ({"data": {"uri": "pvc://claim/../up"}}, "spec.data.uri", "InvalidValue", "is not a data URI"),
        ({"deployment": {"deployment_prefix": "../up"}}, "spec.deployment.deployment_prefix", "InvalidValue", "../up"),
        ({"deployment": {"create_endpoint": "yes"}}, "spec.deployment.create_endpoint", "InvalidValue",
         "must be true or false, got 'yes'"),
        ({"deployment": {"endpoint_filename": "a/b"}}, "spec.deployment.endpoint_filename", "InvalidValue", "slash"),
        ({"deployment": {"deployment_time": "soon"}}, "spec.deployment.deployment_time", "InvalidValue", "RFC 3339"),
        ({"training": {"backend": "keras"}}, "spec.training.backend", "InvalidValue",
         "must be 'sklearn', 'neural_network' or 'callable', got 'keras'"),
        ({"training": {"cv_folds": 3.5}}, "spec.training.cv_folds", "InvalidValue", "must be an integer, got 3.5"),
        ({"training": {"test_size": 1}}, "spec.training.test_size", "InvalidValue", "less than 1"),
        ({"training": []}, "spec.training", "InvalidValue", "must be a mapping, got a list"),
        ({"observability": {"metric_thresholds": {"str": "x"}}}, "spec.observability.metric_thresholds.str",
         "InvalidValue", "must be a number, got 'x'"),
        ({"observability": {"rules": {"r": {"op": "=", "value": 1}}}}, "spec.observability.rules.r.op", "InvalidValue",
         "got '='"),
        ({"observability": {"metric_directions": {"f1_score": "up"}}}, "spec.observability.metric_directions.f1_score",
         "InvalidValue", "'higher' or 'lower', got 'up'"),
        ({"preprocessing": {"fill_value": [1]}}, "spec.preprocessing.fill_value", "InvalidValue",
         "must be a number or a string, got a list"),
        ({"preprocessing": {"steps": "scale"}}, "spec.preprocessing.steps", "InvalidValue", "must be a list of steps"),
        ({"deployment": {"steps": [{"params": {}}]}}, "spec.deployment.steps[0]", "InvalidValue",
         "must include a 'type' key"),
        ({"deployment": {"steps": ["save_model", {"type": "x", "parms": {}}]}}, "spec.deployment.steps[1].parms",
         "UnknownField", "did you mean 'params'?"),
        ({"training": {"model_type": "logistic_regresion"}}, "spec.training.model_type", "InvalidValue",
         "got 'logistic_regresion'; did you mean 'logistic_regression'?"),
        ({"training": {"callable": "build"}}, "spec.training.callable", "InvalidValue",
         "must be a function of a module such as my_models:build, got 'build'"),
        ({"storage": {"size": "1 GB"}}, "spec.storage.size", "InvalidValue",
         "must be a quantity such as 500m, 2 or 1Gi, got '1 GB'"),
        ({"storage": {"existingClaim": "My_Claim"}}, "spec.storage.existingClaim", "InvalidValue",
         "must be the name of a Kubernetes object: lower-case letters, digits, '-' and '.', got 'My_Claim'"),
        ({"pipeline": {"plugins": [{"configMap": "c", "module": "a.b", "sha256": "0" * 64}]}},
         "spec.pipeline.plugins[0].module", "InvalidValue", "must be a module without a package"),
        ({"pipeline": {"plugins": [{"configMap": "c", "module": "a", "sha256": "abc"}]}},
         "spec.pipeline.plugins[0].sha256", "InvalidValue", "must be a SHA-256 of 64 lower-case hexadecimal digits"),
        ({"storage": {"accessModes": ["Anyhow"]}}, "spec.storage.accessModes[0]", "InvalidValue", "'Anyhow'"),
    ],
)  # fmt: skip
def test_a_mistake_has_one_problem_with_path_and_hint(raw: dict[str, Any], path: str, reason: str, words: str) -> None:
    found = problems(raw)
    assert [(p, r) for p, r, _ in found] == [(path, reason)]
    assert words in found[0][2]


def test_all_mistakes_are_reported_at_once() -> None:
    assert len(problems({"sepc": 1, "training": {"cv_folds": -1}, "deployment": {"steps": [1, {}]}})) == 4


def test_a_step_that_is_neither_name_nor_mapping_is_a_type_error_and_a_problem() -> None:
    with pytest.raises(TypeError, match=r"steps\[0\].*int 3") as caught:
        DeploymentSection.parse({"steps": [3]}, "deployment")
    assert isinstance(caught.value, StepTypeError)
    assert isinstance(caught.value, ConfigError)
    assert caught.value.problems[0].path == "deployment.steps[0]"


def test_a_mapping_without_type_is_a_value_error_only() -> None:
    with pytest.raises(ValueError, match="'type'") as caught:
        DeploymentSection.parse({"steps": [{"params": {}}]})
    assert not isinstance(caught.value, TypeError)


def test_an_unknown_step_is_named_with_the_registered_ones() -> None:
    (problem,) = check_step_list("deployment", ["create_directory", "save_modle"], DEPLOYMENT_STEPS)
    assert (problem.path, problem.reason) == ("deployment.steps[1]", "UnknownStep")
    assert "'save_modle'" in problem.message
    assert "did you mean 'save_model'?" in problem.message
    assert all(name in problem.message for name in DEPLOYMENT_STEPS)


def test_an_unknown_parameter_is_named_with_its_step() -> None:
    step = StepSpec(type="save_model", params={"filenam": "x"})
    (problem,) = check_step_list("deployment", [step], DEPLOYMENT_STEPS)
    assert (problem.path, problem.reason) == ("deployment.steps[0].params.filenam", "UnknownField")
    assert problem.message == "step 'save_model' has no parameter 'filenam'; did you mean 'filename'?"


def test_a_wrong_value_of_a_parameter_is_named_with_its_step() -> None:
    step = StepSpec(type="create_directory", params={"timestamp_format": "%Y/%m"})
    (problem,) = check_step_list("deployment", [step], DEPLOYMENT_STEPS)
    assert problem.path == "deployment.steps[0].params.timestamp_format"
    assert "create_directory" in problem.message
    assert "slash" in problem.message


def test_a_step_of_the_user_checks_its_parameters_itself() -> None:
    assert check_step_list("deployment", [StepSpec(type="mine", params={"any": 1})], {"mine": None}) == []


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("2024-05-01T09:00:00Z", "2024-05-01T09:00:00Z"),
        ("2024-05-01T11:00:00+02:00", "2024-05-01T09:00:00Z"),
        ("2024-05-01", "2024-05-01T00:00:00Z"),
    ],
)
def test_a_deployment_time_is_kept_in_utc(given: str, taken: str) -> None:
    assert DeploymentSection.parse({"deployment_time": given}).deployment_time == taken


def test_an_empty_step_list_counts_as_unset() -> None:
    assert DeploymentSection.parse({"steps": []}).steps is None


def test_keys_supply_the_defaults_of_step_parameters_and_the_steps_own_win() -> None:
    section = DeploymentSection.parse(
        {
            "deployment_prefix": "churn",
            "metadata_filename": "manifest.json",
            "endpoint_template": "from the section",
            "steps": [
                "create_directory",
                {"type": "save_metadata", "params": {"filename": "own.json"}},
                {"type": "endpoint_script", "params": {"template": "", "enabled": True}},
            ],
        }
    )
    directory, metadata, script = effective_steps(section)
    assert directory.params["prefix"] == "churn"
    assert metadata.params["filename"] == "own.json"
    assert script.params["template"] == "from the section"
    assert script.params["enabled"] is True


def test_create_endpoint_adds_the_script_to_an_explicit_list() -> None:
    section = DeploymentSection.parse({"create_endpoint": True, "steps": ["create_directory"]})
    assert [step.type for step in effective_steps(section)] == ["create_directory", "endpoint_script"]


def test_sections_of_one_process_share_nothing() -> None:
    one = PreprocessingSection.parse({"steps": ["missing_values"]})
    assert PreprocessingSection.parse({}).steps is None
    assert one.steps == ["missing_values"]


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "version": st.text(max_size=64),
            "output_dir": st.text(min_size=1, max_size=20),
            "create_endpoint": st.booleans(),
            "steps": st.lists(st.sampled_from(sorted(DEPLOYMENT_STEPS)), min_size=1, max_size=6),
        },
    )
)
def test_a_snapshot_parses_to_the_same_configuration(deployment: dict[str, Any]) -> None:
    config = Config.parse({"data": DATA, "deployment": deployment})
    assert Config.parse(config.snapshot()) == config


def test_a_snapshot_has_the_defaults_and_is_accepted() -> None:
    config = Config.parse({"data": DATA})
    snapshot = config.snapshot()
    assert snapshot["observability"]["track_metrics"] is True
    assert snapshot["preprocessing"]["handle_missing"] == "drop"
    assert check_spec(Config.parse(snapshot), where="") == []


@pytest.mark.parametrize(("written", "source"), [({}, "default"), ({"alert_threshold": 0.8}, "alert_threshold")])
def test_a_snapshot_tells_whether_the_alert_threshold_was_written(written: dict[str, float], source: str) -> None:
    config = Config.parse(Config.parse({"observability": written}).snapshot())
    (rule,) = policy_of(config.observability).effective_rules(["accuracy"])
    assert isinstance(rule, EffectiveRule)
    assert rule.source == source
