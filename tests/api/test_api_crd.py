"""The API server takes the CRD, knows what every field means, and refuses what a schema can refuse."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import api_server
import pytest
from kube import Namespace, kubectl, model_deployment

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/breast-cancer/modeldeployment.yaml"


@pytest.fixture(scope="module")
def live(crd: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kubectl("get", "crd", crd, "-o", "json"))
    return found


def properties(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}", field
        yield from properties(field, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from properties(schema[key], f"{path}[]")


def test_the_crd_is_established_and_structural(live: dict[str, Any]) -> None:
    conditions = {c["type"]: c["status"] for c in live["status"]["conditions"]}
    assert conditions["Established"] == conditions["NamesAccepted"] == "True"
    assert conditions.get("NonStructuralSchema", "False") == "False"


def test_every_field_is_described(live: dict[str, Any]) -> None:
    schema = live["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    fields = [(path, field) for path, field in properties(schema) if path not in {".apiVersion", ".kind", ".metadata"}]
    assert len(fields) > 100
    assert [path for path, field in fields if not field.get("description")] == []


def test_every_list_is_typed_and_bounded(live: dict[str, Any]) -> None:
    schema = live["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    lists = [(path, field) for path, field in properties(schema) if field.get("type") == "array"]
    assert lists
    assert [path for path, field in lists if not field.get("x-kubernetes-list-type")] == []
    assert [path for path, field in lists if not field.get("maxItems")] == []


def test_the_crd_is_small(crd: str) -> None:
    assert (ROOT / "crds/easymlops.dev_modeldeployments.yaml").stat().st_size <= 100_000


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("modeldeployment.spec.observability", "observability section of a config.yaml"),
        ("modeldeployment.spec.data.uri", "configmap://name/key"),
        ("modeldeployment.status.conditions.reason", "docs/reasons.md"),
    ],
)
def test_kubectl_explain_is_the_manual(crd: str, path: str, says: str) -> None:
    deadline = time.monotonic() + 30  # the API server publishes the schema of a new CRD with some delay
    while says not in (shown := " ".join(kubectl("explain", path, check=False).split())):
        assert time.monotonic() < deadline, shown
        time.sleep(1)


def test_a_dry_run_of_the_example_is_accepted_and_creates_nothing(shared_namespace: Namespace, crd: str) -> None:
    shared_namespace.kubectl("apply", "--dry-run=server", "-f", str(EXAMPLE))
    assert not shared_namespace.exists("modeldeployment", "breast-cancer")


def test_a_resource_that_was_not_reconciled_yet_is_pending(shared_namespace: Namespace, crd: str) -> None:
    shared_namespace.apply(model_deployment("new"))
    assert shared_namespace.get("modeldeployment", "new")["status"] == {"observedGeneration": -1}


def test_short_name_and_category_work(shared_namespace: Namespace, crd: str) -> None:
    shared_namespace.apply(model_deployment("short"))
    assert "short" in shared_namespace.kubectl("get", "md")
    assert "short" in shared_namespace.kubectl("get", "mlops")


def test_an_unknown_key_is_preserved_by_the_api_server(shared_namespace: Namespace, crd: str) -> None:
    """Pruned it would be ignored in silence; kept, the operator can answer (see test_api_spec.py)."""
    shared_namespace.apply(model_deployment("typo", observability={"metric_treshold": {"accuracy": 0.9}}, replicass=3))
    spec = shared_namespace.get("modeldeployment", "typo")["spec"]
    assert spec["replicass"] == 3
    assert spec["observability"] == {"metric_treshold": {"accuracy": 0.9}}


def with_rule(rule: Any) -> Any:
    return model_deployment("x", observability={"rules": {"mae": rule}})


@pytest.mark.parametrize(
    "rule",
    [
        {"op": ">", "value": 1},
        {"op": "outside", "low": 1, "high": 1},
        {"ratio_to_reference": 1.5},
        {"metric": "psi", "from_reference": {"method": "chi2", "alpha": 0.001}},
        {"metric": "psi", "op": ">", "from_reference": {}},
        {"op": ">", "ratio_to_reference": 2, "no_data": "keep_last", "runbook": "#mae", "min_samples": None},
    ],
)
def test_every_form_of_a_rule_is_accepted(shared_namespace: Namespace, crd: str, rule: Any) -> None:
    shared_namespace.apply(with_rule(rule))
    spec = shared_namespace.get("modeldeployment", "x")["spec"]
    assert spec["observability"]["rules"]["mae"].items() >= {k: v for k, v in rule.items() if v is not None}.items()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (model_deployment("a" * 41), "at most 40 characters"),
        (model_deployment("1digit"), "begins with a letter"),
        (model_deployment("x", storage={"existingClaim": "c", "size": "1Gi"}), "existingClaim excludes size"),
        (model_deployment("x", storage={"accessModes": ["Sideways"]}), "Unsupported value"),
        (model_deployment("x", serving={"replicas": -1}), "greater than or equal to 0"),
        (model_deployment("x", serving={"port": "http"}), "must be of type integer"),
        (with_rule({}), "exactly one limit"),
        (with_rule({"op": ">", "value": 1, "ratio_to_reference": 2}), "exactly one limit"),
        (with_rule({"op": "outside", "value": 1}), "exactly one limit"),
        (with_rule({"value": 1}), "value needs an op"),
        (with_rule({"op": "outside", "low": 2, "high": 1}), "low is above high"),
        (with_rule({"op": "above", "value": 1}), "Unsupported value"),
        (with_rule({"ratio_to_reference": 0}), "greater than 0"),
        (with_rule({"from_reference": {}, "ratio_to_reference": 2}), "exactly one limit"),
        (with_rule({"from_reference": {}, "op": "<"}), "op must be > or >="),
        (with_rule({"from_reference": {"alpha": 1}}), "less than 1"),
        (with_rule({"from_reference": {"method": "ks"}}), "Unsupported value"),
        (with_rule({"op": ">", "value": 1, "no_data": "okay"}), "Unsupported value"),
        (model_deployment("x", suspend="yes"), "must be of type boolean"),
        (model_deployment("x", data={"target": "y"}), "spec.data.uri: Required value"),
        ({"apiVersion": "easymlops.dev/v1alpha1", "kind": "ModelDeployment", "metadata": {"name": "x"}}, "Required"),
    ],
)
def test_what_a_schema_can_refuse_is_refused(refused: Callable[..., str], crd: str, body: Any, says: str) -> None:
    assert says in refused(body)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ({"storageClassName": "fast"}, {"storageClassName": "slow"}, "storageClassName is immutable"),
        ({}, {"storageClassName": "slow"}, "storageClassName is immutable"),
        ({"accessModes": ["ReadWriteOnce"]}, {"accessModes": ["ReadWriteMany"]}, "accessModes is immutable"),
        ({"existingClaim": "one"}, {"existingClaim": "two"}, "existingClaim is immutable"),
        ({"size": "10Gi"}, {"size": "9Gi"}, "a claim cannot shrink"),
        ({"size": "10Gi"}, {}, "a claim cannot shrink"),
    ],
)
def test_what_cannot_change_is_refused(
    shared_namespace: Namespace, refused: Callable[..., str], crd: str, before: Any, after: Any, says: str
) -> None:
    shared_namespace.apply(model_deployment("kept", storage=before))
    claim = {"storage": {"claim": "kept", "size": "10Gi", "bound": True}}
    api_server.patch_status(shared_namespace.name, "modeldeployment", "kept", claim)
    try:
        assert says in refused(model_deployment("kept", storage=after))
    finally:
        shared_namespace.kubectl("delete", "md", "kept")


def test_what_is_not_stored_yet_may_change(shared_namespace: Namespace, crd: str) -> None:
    """The claim has no volume, and is smaller than what was asked for: the resize was refused."""
    shared_namespace.apply(model_deployment("free", storage={"size": "2Gi", "storageClassName": "gold"}))
    claim = {"storage": {"claim": "free", "size": "1Gi", "bound": False}}
    api_server.patch_status(shared_namespace.name, "modeldeployment", "free", claim)
    shared_namespace.apply(model_deployment("free", storage={"size": "1Gi", "storageClassName": "standard"}))
    assert shared_namespace.get("modeldeployment", "free")["metadata"]["generation"] == 2


def test_a_volume_may_grow(shared_namespace: Namespace, crd: str) -> None:
    shared_namespace.apply(model_deployment("grows", storage={"size": "1Gi"}))
    shared_namespace.apply(model_deployment("grows", storage={"size": "2Gi"}))
    assert shared_namespace.get("modeldeployment", "grows")["metadata"]["generation"] == 2
