"""The claim and the run ConfigMap."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from easy_mlops.config.resource import StorageSection
from easy_mlops_operator.builders import Parent, build_claim, build_config
from hypothesis import given
from hypothesis import strategies as st

PARENT = Parent("churn", "shop", "u-1")


def claim(at_least: str = "0", **storage: Any) -> dict[str, Any]:
    return build_claim(PARENT, StorageSection.parse(storage), at_least=at_least)


def test_the_default_claim() -> None:
    assert claim() == {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": "churn",
            "namespace": "shop",
            "labels": {
                "app.kubernetes.io/managed-by": "easy-mlops-operator",
                "app.kubernetes.io/name": "churn",
                "app.kubernetes.io/component": "storage",
                "easymlops.dev/modeldeployment": "churn",
            },
        },
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }


def test_a_retained_claim_has_no_owner_and_outlives_its_resource() -> None:
    assert "ownerReferences" not in claim(retain=True)["metadata"]


def test_a_claim_that_is_not_retained_goes_with_its_resource() -> None:
    assert claim(retain=False)["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "easymlops.dev/v1alpha1",
            "kind": "ModelDeployment",
            "name": "churn",
            "uid": "u-1",
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]


def test_class_and_mode_are_as_asked_for() -> None:
    spec = claim(storageClassName="fast", accessModes=["ReadWriteMany"], size="2048Mi")["spec"]
    assert spec["storageClassName"] == "fast"
    assert spec["accessModes"] == ["ReadWriteMany"]
    assert spec["resources"]["requests"]["storage"] == "2Gi"


@pytest.mark.parametrize(("size", "there", "asked"), [("1Gi", "5Gi", "5Gi"), ("10Gi", "5Gi", "10Gi")])
def test_a_claim_never_shrinks(size: str, there: str, asked: str) -> None:
    assert claim(at_least=there, size=size)["spec"]["resources"]["requests"]["storage"] == asked


SPEC: dict[str, Any] = {
    "data": {"uri": "configmap://churn/churn.csv", "target": "churned"},
    "training": {"hyperparameters": {"n_estimators": 10}},
    "deployment": {"version": "1.10", "deployment_time": "2026-01-01T00:00:00Z", "endpoint_template": "a\n  b\n"},
    "observability": {"rules": {"x": {"op": ">", "value": 0.5}}},
    "preprocessing": None,
    "serving": {"replicas": 3},
    "storage": {"size": "5Gi"},
}


def text_of(spec: dict[str, Any]) -> str:
    return str(build_config(PARENT, "churn-1", spec)["data"]["modeldeployment.yaml"])


def test_the_config_is_an_immutable_resource_of_the_sections_that_a_run_needs() -> None:
    config = build_config(PARENT, "churn-1", SPEC)
    assert config["immutable"] is True
    assert config["metadata"]["name"] == "churn-1"
    assert config["metadata"]["labels"]["easymlops.dev/revision"] == "churn-1"
    read = yaml.safe_load(text_of(SPEC))
    assert read["kind"] == "ModelDeployment"
    assert read["metadata"] == {"name": "churn"}
    assert read["spec"] == {name: SPEC[name] for name in ("data", "training", "deployment", "observability")}


def test_no_reader_can_take_a_text_for_something_else() -> None:
    text = text_of(SPEC)
    assert 'version: "1.10"' in text.replace("'", '"')
    assert '"2026-01-01T00:00:00Z"' in text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=10,
    )
)
def test_whatever_json_goes_in_comes_out(value: Any) -> None:
    assert yaml.safe_load(text_of({"data": {"any": value}}))["spec"]["data"]["any"] == value
