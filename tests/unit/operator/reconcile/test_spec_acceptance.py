"""Which specs are accepted, the problems of the others, and the revision of a spec."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from easy_mlops_operator.reconcile.acceptance import Accepted, Refused, accept
from hypothesis import given
from hypothesis import strategies as st

DATA = {"uri": "configmap://churn/churn.csv"}


def accepted(raw: dict[str, Any] | None = None, name: str = "churn", **spec: Any) -> Accepted:
    found = accept(name, raw if raw is not None else {"data": DATA, **spec})
    assert isinstance(found, Accepted), found
    return found


def problems(raw: Any = None, name: str = "churn", **spec: Any) -> list[tuple[str, str, str]]:
    found = accept(name, {"data": DATA, **spec} if raw is None else raw)
    assert isinstance(found, Refused), found
    return [(problem.path, problem.reason, problem.message) for problem in found.problems]


@pytest.mark.parametrize(
    ("spec", "path", "reason", "text"),
    [
        ({"suspned": True}, "spec.suspned", "UnknownField", "did you mean 'suspend'"),
        (
            {"observability": {"alert_treshold": 0.7}},
            "spec.observability.alert_treshold",
            "UnknownField",
            "did you mean 'alert_threshold'",
        ),
        (
            {"observability": {"rules": {"x": {"op": ">", "value": 1, "sevrity": "info"}}}},
            "spec.observability.rules.x.sevrity",
            "UnknownField",
            "did you mean 'severity'",
        ),
        ({"serving": {"replica": 1}}, "spec.serving.replica", "UnknownField", "did you mean 'replicas'"),
        (
            {"serving": {"resources": {"limit": {}}}},
            "spec.serving.resources.limit",
            "UnknownField",
            "did you mean 'limits'",
        ),
        ({"model": {"uri": "s3://x"}}, "spec.model", "UnknownField", "unknown key"),
        ({"training": {"test_size": 2}}, "spec.training.test_size", "InvalidValue", "2"),
        ({"training": "auto"}, "spec.training", "InvalidValue", "mapping"),
        ({"data": {"uri": "ftp://x"}}, "spec.data.uri", "InvalidValue", "configmap://name/key"),
        ({"data": {"uri": "file:///x.csv"}}, "spec.data.uri", "InvalidValue", "only works without a cluster"),
        ({"data": {"uri": "configmap://churn/..x"}}, "spec.data.uri", "InvalidValue", "begins with '..'"),
        (
            {"deployment": {"steps": ["create_directory", "save_modle"]}},
            "spec.deployment.steps[1]",
            "UnknownStep",
            "did you mean 'save_model'",
        ),
        ({"preprocessing": {"steps": ["magic"]}}, "spec.preprocessing.steps[0]", "UnknownStep", "feature_scaler"),
        (
            {"observability": {"steps": [{"type": "metric_threshold", "params": {"default_treshold": 1}}]}},
            "spec.observability.steps[0].params.default_treshold",
            "UnknownField",
            "did you mean 'default_threshold'",
        ),
        (
            {"deployment": {"steps": [{"params": {}}]}},
            "spec.deployment.steps[0]",
            "InvalidValue",
            "must include a 'type' key",
        ),
        (
            {"deployment": {"deployment_prefix": "../up"}},
            "spec.deployment.deployment_prefix",
            "InvalidValue",
            "../up",
        ),
        ({"deployment": {"output_dir": "/models"}}, "spec.deployment.output_dir", "InvalidValue", "inside the volume"),
        ({"deployment": {"output_dir": "a/../.."}}, "spec.deployment.output_dir", "InvalidValue", "'a/../..'"),
        (
            {"observability": {"rules": {"x": {"metric": "accuracy", "op": "<", "value": 1, "column": "age"}}}},
            "spec.observability.rules.x.column",
            "ConflictingKeys",
            "null_rate",
        ),
        (
            {"pipeline": {"resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}}},
            "spec.pipeline.resources.requests.memory",
            "InvalidValue",
            "must not be more than the limit 1Gi, got 2Gi",
        ),
        (
            {"serving": {"resources": {"requests": {"cpu": 2}, "limits": {"cpu": "1500m"}}}},
            "spec.serving.resources.requests.cpu",
            "InvalidValue",
            "more than the limit",
        ),
        (
            {"storage": {"existingClaim": "mine", "size": "1Gi"}},
            "spec.storage.existingClaim",
            "ConflictingKeys",
            "excludes size",
        ),
        ({"storage": {"size": "0"}}, "spec.storage.size", "InvalidValue", "more than zero"),
        (
            {"storage": {"accessModes": ["ReadWriteOncePod"]}},
            "spec.storage.accessModes[0]",
            "InvalidValue",
            "ReadWriteMany",
        ),
    ],
)
def test_a_problem_names_field_value_and_what_is_allowed(
    spec: dict[str, Any], path: str, reason: str, text: str
) -> None:
    [(found_path, found_reason, message)] = problems(**spec)
    assert (found_path, found_reason) == (path, reason)
    assert text in message


@pytest.mark.parametrize("raw", [{}, "text", None, [], 7])
def test_a_spec_without_data_is_refused(raw: Any) -> None:
    assert accept("churn", raw).__class__ is Refused


def test_all_problems_are_reported_at_once() -> None:
    found = problems(deployment={"steps": ["nope"]}, storage={"size": "0"}, preprocessing={"steps": ["nope"]})
    assert [path for path, _, _ in found] == [
        "spec.preprocessing.steps[0]",
        "spec.deployment.steps[0]",
        "spec.storage.size",
    ]


@pytest.mark.parametrize("name", ["a.b", "1a", "a" * 41, "-a", "A"])
def test_a_name_that_cannot_be_a_service_is_refused(name: str) -> None:
    assert problems(name=name)[0][0] == "metadata.name"


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"training": {}, "deployment": {}, "observability": {}, "preprocessing": {}},
        {"deployment": {"steps": []}},
        {"data": {**DATA, "format": None, "target": None}},
        {"storage": {"existingClaim": "mine", "retain": True}},
        {"deployment": {"output_dir": "./artifacts/churn"}},
        {"observability": {"rules": {"null_rate": {"op": ">", "value": 0.1, "column": "age"}}}},
    ],
)
def test_what_the_guide_shows_is_accepted(spec: dict[str, Any]) -> None:
    assert accepted(**spec).target.startswith("churn-")


SAME: list[dict[str, Any]] = [
    {"observability": {"alert_threshold": 0.5}},
    {"serving": {"replicas": 3, "port": 9000}},
    {"storage": {"size": "5Gi"}},
    {"suspend": True},
    {"revisionHistoryLimit": 3},
    {"rollout": {"fallback": "lastGood"}},
    {"pipeline": {"backoffLimit": 0, "resources": {"limits": {"memory": "4Gi"}}}},
    {"training": {}},
    {"training": {"cv_folds": 5, "test_size": 0.2}},
    {"deployment": {"version": "1.0.0", "steps": []}},
    {"deployment": {"endpoint_template": None}},
    {"data": {**DATA, "target": None}},
]
OTHER: list[dict[str, Any]] = [
    {"data": {"uri": "configmap://churn/other.csv"}},
    {"data": {**DATA, "target": "y"}},
    {"training": {"cv_folds": 3}},
    {"training": {"hyperparameters": {"n_estimators": 5}}},
    {"preprocessing": {"handle_missing": "mean"}},
    {"deployment": {"version": "2.0.0"}},
    {"pipeline": {"image": "mine:1"}},
]


@pytest.mark.parametrize("spec", SAME)
def test_what_training_does_not_depend_on_is_the_same_revision(spec: dict[str, Any]) -> None:
    assert accepted(**spec).target == accepted().target


def test_each_input_of_training_makes_another_revision() -> None:
    targets = [accepted(**spec).target for spec in [{}, *OTHER]]
    assert len(set(targets)) == len(targets)


def test_revisions_of_other_resources_have_other_names() -> None:
    assert accepted(name="churn").target != accepted(name="fraud").target


def test_a_revision_is_not_renamed_by_a_later_release() -> None:
    # Whoever changes how the name is made retrains every user's model at the next upgrade of the operator.
    spec = {"data": DATA, "training": {"model_type": "random_forest_classifier"}, "deployment": {"version": "2.0"}}
    assert accepted(spec).target == "churn-d951509877"


def test_the_spec_is_available_as_the_user_wrote_it() -> None:
    raw = {"data": DATA, "training": {"cv_folds": 5}}
    assert accepted(raw).raw == raw


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["data", "training", "deployment", "observability", "pipeline", "serving", "storage"]), JSON)
def test_no_spec_makes_the_check_raise(section: str, value: Any) -> None:
    raw = {"data": DATA, section: value}
    before = copy.deepcopy(raw)
    found = accept("churn", raw)
    assert isinstance(found, Accepted) or found.problems
    assert raw == before
