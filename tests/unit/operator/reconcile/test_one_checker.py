"""`make-mlops-easy run --check`, the operator and the Job find the same problems in every spec."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from easy_mlops.cli.main import main
from easy_mlops.config.deployment import DEFAULT_STEPS
from easy_mlops.contract import API_VERSION, DATA_ROOT_ENV, KIND, RESOURCE_FILE
from easy_mlops_operator.builders import Parent, build_config
from easy_mlops_operator.reconcile.acceptance import Refused, accept
from hypothesis import given
from hypothesis import strategies as st
from model_cluster import ModelCluster, model_deployment

DATA = {"uri": "configmap://churn/churn.csv"}
ENCODER = {"type": "categorical_encoder", "params": {"columns": ["a"]}}
SCALER = {"type": "feature_scaler", "params": {"columns": ["a"]}}
PLUGIN = {"configMap": "steps", "module": "my_steps", "sha256": "1" * 64}

Listed = list[tuple[str, str, str]]


def by_the_operator(name: str, spec: Any) -> Listed:
    answer = accept(name, spec)
    return [(p.path, p.reason, p.message) for p in answer.problems] if isinstance(answer, Refused) else []


def by_the_command_line(name: str, spec: Any) -> Listed:
    resource = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name}, "spec": spec}
    return checked(yaml.safe_dump(resource))


def by_the_job(name: str, spec: Any) -> Listed:
    config = build_config(Parent(name, "shop", "uid"), f"{name}-0123456789", spec)
    with mock.patch.dict(os.environ, {DATA_ROOT_ENV: "/data"}):
        return checked(config["data"][RESOURCE_FILE])


def checked(text: str) -> Listed:
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as out:
        file = Path(folder, RESOURCE_FILE)
        file.write_text(text)
        with contextlib.redirect_stderr(io.StringIO()):
            code = main(["run", "-f", str(file), "--check", "--output", "json"])
    answer = json.loads(out.getvalue())
    assert answer["ok"] is (code == 0)
    return [(p["path"], p["reason"], p["message"]) for p in answer["problems"]]


DISAGREEMENTS: list[tuple[dict[str, Any], str, str]] = [
    # Refused by the command line and by the Job, and accepted by the operator, until there was one check.
    ({"training": {"backend": "neural_network", "model_type": "logistic_regression"}}, "spec.training.model_type",
     "ConflictingKeys"),
    ({"training": {"backend": "callable"}}, "spec.training.callable", "ConflictingKeys"),
    ({"deployment": {"steps": [s for s in DEFAULT_STEPS if s != "save_model"]}}, "spec.deployment.steps[2]",
     "InvalidValue"),
    ({"deployment": {"steps": ["save_model", "create_directory", "save_preprocessor", "save_metadata"]}},
     "spec.deployment.steps[0]", "InvalidValue"),
    ({"deployment": {"metadata_filename": "config.yaml"}}, "spec.deployment", "ConflictingKeys"),
    ({"deployment": {"output_dir": "~/models"}}, "spec.deployment.output_dir", "InvalidValue"),
    ({"preprocessing": {"fill_value": 1}}, "spec.preprocessing.fill_value", "ConflictingKeys"),
    ({"preprocessing": {"steps": ["feature_scaler", "missing_values"]}}, "spec.preprocessing.steps[1]",
     "InvalidValue"),
    ({"preprocessing": {"steps": [ENCODER, SCALER]}}, "spec.preprocessing.steps", "ConflictingKeys"),
    # Refused by the operator, and accepted by the command line.
    ({"data": {"uri": "configmap://c/..x"}}, "spec.data.uri", "InvalidValue"),
    ({"data": {"uri": "file:///data.csv"}}, "spec.data.uri", "InvalidValue"),
    ({"pipeline": {"resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}}},
     "spec.pipeline.resources.requests.memory", "InvalidValue"),
    ({"serving": {"resources": {"requests": {"cpu": 2}, "limits": {"cpu": "1500m"}}}},
     "spec.serving.resources.requests.cpu", "InvalidValue"),
    ({"storage": {"existingClaim": "mine", "size": "1Gi"}}, "spec.storage.existingClaim", "ConflictingKeys"),
    ({"storage": {"size": "0"}}, "spec.storage.size", "InvalidValue"),
    # Accepted by both, and refused by the API server or by the kubelet.
    ({"pipeline": {"image": "Not an image"}}, "spec.pipeline.image", "InvalidValue"),
]  # fmt: skip


@pytest.mark.parametrize(("sections", "path", "reason"), DISAGREEMENTS)
def test_a_former_disagreement_has_one_answer(sections: dict[str, Any], path: str, reason: str) -> None:
    spec = {"data": DATA, **sections}
    problems = by_the_operator("churn", spec)
    assert (path, reason) in [(where, why) for where, why, _ in problems]
    assert by_the_command_line("churn", spec) == problems


@pytest.mark.parametrize(("sections", "path", "reason"), DISAGREEMENTS)
def test_a_spec_that_the_pipeline_would_refuse_makes_no_job(sections: dict[str, Any], path: str, reason: str) -> None:
    cluster = ModelCluster(model_deployment(**sections))
    cluster.settle()
    condition = cluster.condition("SpecAccepted")
    assert condition["status"] == "False"
    assert path in condition["message"]
    assert reason in {problem[1] for problem in by_the_operator("churn", cluster.resource["spec"])}
    assert not cluster.objects


@pytest.mark.parametrize("sections", [sections for sections, _, _ in DISAGREEMENTS])
def test_running_pods_are_left_alone_when_the_spec_becomes_invalid(sections: dict[str, Any]) -> None:
    cluster = ModelCluster(model_deployment())
    cluster.train()
    cluster.settle()
    before = {key: cluster.objects[key] for key in cluster.objects if key[0] in ("Deployment", "Service")}
    cluster.resource["spec"] = {**cluster.resource["spec"], **sections}
    cluster.resource["metadata"]["generation"] += 1
    cluster.settle()
    assert cluster.condition("SpecAccepted")["status"] == "False"
    assert cluster.condition("Serving")["status"] == "True"
    assert before
    assert {key: cluster.objects.get(key) for key in before} == before


NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
METRIC_NAMES = st.sampled_from(["accuracy", "rmse", "rolling_mae", "error_rate", "approval_rate"])
QUANTITIES = st.sampled_from(["1", "1500m", "2", "512Mi", "1Gi", "1.5Gi"])
SECTIONS: dict[str, st.SearchStrategy[Any]] = {
    "preprocessing": st.one_of(
        st.just({}),
        st.fixed_dictionaries({"handle_missing": st.just("constant")}, optional={"fill_value": st.integers(0, 9)}),
        st.builds(
            lambda columns, method: {
                "steps": [
                    "missing_values",
                    {"type": "categorical_encoder", "params": {"columns": columns}},
                    {"type": "feature_scaler", "params": {"method": method}},
                ]
            },
            st.lists(NAMES, unique=True, max_size=3),
            st.sampled_from(["standard", "minmax", "robust"]),
        ),
    ),
    "training": st.one_of(
        st.fixed_dictionaries(
            {},
            optional={
                "model_type": st.sampled_from(["auto", "logistic_regression", "xgboost"]),
                "test_size": st.floats(0.1, 0.5),
                "cv_folds": st.integers(0, 20),
                "hyperparameters": st.dictionaries(NAMES, st.integers(0, 9) | NAMES, max_size=2),
            },
        ),
        st.just({"backend": "neural_network"}),
        st.just({"backend": "callable", "callable": "my_models:build"}),
    ),
    "deployment": st.fixed_dictionaries(
        {},
        optional={
            "output_dir": st.sampled_from(["./models", "models", "a/b"]),
            "deployment_prefix": NAMES,
            "create_endpoint": st.booleans(),
            "version": st.sampled_from(["1.0.0", "1.10", "2024-01-01"]),
            "deployment_time": st.sampled_from([None, "2024-05-01T09:00:00Z", "2024-05-01"]),
            "steps": st.sampled_from([None, [], [*DEFAULT_STEPS], [*DEFAULT_STEPS, "endpoint_script"]]),
        },
    ),
    "observability": st.fixed_dictionaries(
        {},
        optional={
            "alert_threshold": st.floats(0, 1),
            "metric_thresholds": st.dictionaries(METRIC_NAMES, st.floats(0, 1), max_size=2),
            "rules": st.just({"null_rate": {"op": ">", "value": 0.1, "column": "age"}}),
            "steps": st.just(["metrics_logger", "metric_threshold"]),
        },
    ),
    "pipeline": st.fixed_dictionaries(
        {},
        optional={
            "image": st.sampled_from(["mine:1", "registry.example.com:5000/a/b@sha256:" + "0" * 64]),
            "resources": st.builds(lambda limit: {"limits": {"memory": limit}}, QUANTITIES),
            "backoffLimit": st.integers(0, 10),
            "plugins": st.just([PLUGIN]),
        },
    ),
    "serving": st.one_of(
        st.fixed_dictionaries({}, optional={"replicas": st.integers(0, 9), "port": st.integers(1024, 65535)}),
        st.just({"autoscaling": {"minReplicas": 1, "maxReplicas": 4}}),
    ),
    "storage": st.one_of(
        st.fixed_dictionaries({}, optional={"size": QUANTITIES, "retain": st.booleans()}),
        st.just({"existingClaim": "mine"}),
    ),
    "rollout": st.sampled_from([{}, {"fallback": "lastGood"}]),
    "suspend": st.booleans(),
    "revisionHistoryLimit": st.integers(1, 20),
}
VALID = st.fixed_dictionaries(
    {
        "data": st.fixed_dictionaries(
            {"uri": st.sampled_from(["sklearn://wine", "configmap://c/x.csv", "pvc://c/a/b.csv"])},
            optional={"target": NAMES, "format": st.sampled_from(["csv", "parquet"])},
        )
    },
    optional=SECTIONS,
)

INVALID: list[Mapping[str, Any]] = [
    *(sections for sections, _, _ in DISAGREEMENTS),
    {"suspned": True},
    {"suspend": "yes"},
    {"data": {}},
    {"data": {"uri": "ftp://x"}},
    {"data": {**DATA, "target": ""}},
    {"preprocessing": "mean"},
    {"preprocessing": {"handle_missing": "median", "strategy": "mean"}},
    {"preprocessing": {"steps": ["magic"]}},
    {"preprocessing": {"steps": ["feature_scaler", "feature_scaler"]}},
    {"preprocessing": {"steps": [7]}},
    {"training": {"test_size": 2}},
    {"training": {"model_type": "logistic_regresion"}},
    {"training": {"callable": "my_models:build"}},
    {"deployment": {"version": 1.5}},
    {"deployment": {"steps": "save_model"}},
    {"deployment": {"steps": [{"params": {}}]}},
    {"deployment": {"steps": [{"type": "save_model", "params": {"file": "m"}}]}},
    {"deployment": {"steps": ["create_directory", "save_modle"]}, "pipeline": {}},
    {"deployment": {"steps": ["create_directory", *DEFAULT_STEPS]}},
    {"deployment": {"metadata_filename": "model.joblib"}},
    {"deployment": {"deployment_prefix": "../up"}},
    {"deployment": {"deployment_time": "yesterday"}},
    {"observability": {"alert_treshold": 0.7}},
    {"observability": {"metric_thresholds": {"acuracy": 0.7}}, "pipeline": {}},
    {"observability": {"rules": {"page": {"metric": "null_rte", "op": ">", "value": 1}}}, "pipeline": {}},
    {"observability": {"rules": {"accuracy": {"op": "<", "value": 1, "column": "age"}}}},
    {"observability": {"rules": {"accuracy": {"op": "<"}}}},
    {"observability": {"steps": ["upload"]}, "pipeline": {}},
    {"pipeline": {"plugins": [PLUGIN, {**PLUGIN, "sha256": "2" * 64}]}},
    {"pipeline": {"resources": {"limit": {}}}},
    {"serving": {"replicas": 2, "autoscaling": {"maxReplicas": 3}}},
    {"serving": {"autoscaling": {"minReplicas": 5, "maxReplicas": 3}}},
    {"serving": {"port": 80}},
    {"storage": {"accessModes": ["ReadWriteOncePod"]}},
    {"storage": {"size": "much"}},
    {"rollout": {"fallback": "lastgood"}},
    {"revisionHistoryLimit": 0},
]


@given(VALID)
def test_a_valid_spec_is_valid_everywhere(spec: dict[str, Any]) -> None:
    before = copy.deepcopy(spec)
    assert by_the_operator("churn", spec) == []
    assert by_the_command_line("churn", spec) == []
    assert by_the_job("churn", spec) == []
    assert spec == before


@given(VALID, st.sampled_from(INVALID))
def test_a_spec_with_one_invalid_part_has_the_same_problems_everywhere(
    spec: dict[str, Any], invalid: Mapping[str, Any]
) -> None:
    spec = {**spec, **invalid}
    problems = by_the_operator("churn", spec)
    assert problems
    assert by_the_command_line("churn", spec) == problems


@given(VALID, st.sampled_from(INVALID) | st.just({}), st.sampled_from(["a.b", "1a", "a" * 41, "-a", "A", "a-"]))
def test_a_name_is_checked_everywhere(spec: dict[str, Any], invalid: Mapping[str, Any], name: str) -> None:
    problems = by_the_operator(name, {**spec, **invalid})
    assert problems[0][0] == "metadata.name"
    assert by_the_command_line(name, {**spec, **invalid}) == problems


@given(VALID, st.sampled_from([b for b in INVALID if set(b) <= {"preprocessing", "training", "observability"}]))
def test_a_config_yaml_has_the_problems_of_its_sections(spec: dict[str, Any], invalid: Mapping[str, Any]) -> None:
    sections: dict[str, Any] = {
        name: spec[name] for name in ("data", "preprocessing", "training", "observability") if name in spec
    }
    sections = {**sections, **invalid}
    problems = by_the_operator("churn", sections)
    assert problems
    assert [(f"spec.{path}", *rest) for path, *rest in checked(yaml.safe_dump(sections))] == problems
