"""A model in Git, synced by Flux and judged by kstatus: sync, drift, an invalid commit, rollback."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flux_controller import Begin, Flux
from kube import Object, condition, is_settled, model_deployment

NAME = "churn"  # the one whose health the example asks for
OF_A_MODEL = ("deployment", "service", "pvc", "configmap", "job", "networkpolicy")


def model(**spec: Any) -> Object:
    body = model_deployment(NAME, **spec)
    body["metadata"] |= {"labels": {"team": "fraud"}}
    return body


@pytest.fixture(scope="module")
def flux(begin: Begin) -> Flux:
    return begin("answers", model())


@pytest.fixture
def synced(flux: Flux) -> Flux:
    """What is in Git answers."""
    kustomization = flux.sync()
    assert condition(kustomization, "Ready")["status"] == "True", condition(kustomization, "Ready")
    return flux


def jobs(flux: Flux) -> dict[str, str]:
    return {job["metadata"]["name"]: job["metadata"]["uid"] for job in flux.namespace.list("jobs")}


def labels_of(item: Object) -> set[str]:
    return set(item["metadata"].get("labels", {}))


def versions(flux: Flux) -> dict[str, str]:
    """Of everything that Flux or the operator could write to."""
    found = [flux.namespace.get("md", NAME), *(item for kind in OF_A_MODEL for item in flux.namespace.list(kind))]
    return {f"{item['kind']}/{item['metadata']['name']}": item["metadata"]["resourceVersion"] for item in found}


def comes_to_rest(flux: Flux) -> bool:
    """Whether nothing is written while Flux looks three times. The model's first figures may still come in at first."""
    for _ in range(5):
        before = versions(flux)
        for _ in range(3):
            flux.reconcile()
        if versions(flux) == before:
            return True
    return False


def test_a_sync_is_ready_once_the_model_answers(synced: Flux) -> None:
    healthy = condition(synced.kustomization(), "Healthy")
    answers = condition(synced.namespace.get("md", NAME), "Ready")
    assert (healthy["status"], answers["status"]) == ("True", "True")
    assert healthy["lastTransitionTime"] >= answers["lastTransitionTime"]


def test_flux_owns_the_spec_and_the_operator_the_status(synced: Flux) -> None:
    shown = json.loads(synced.namespace.kubectl("get", "md", NAME, "--show-managed-fields", "-o", "json"))
    metadata = shown["metadata"]
    owned = {(entry["manager"], entry.get("subresource", "")): entry["fieldsV1"] for entry in metadata["managedFields"]}
    assert {owner: set(fields) for owner, fields in owned.items()} == {
        ("kustomize-controller", ""): {"f:metadata", "f:spec"},
        ("easy-mlops-operator-status", "status"): {"f:status"},
    }
    assert {label.partition("/")[0] for label in labels_of(shown)} == {"kustomize.toolkit.fluxcd.io", "team"}
    assert not {"annotations", "finalizers", "ownerReferences"} & set(metadata)


def test_flux_does_not_own_child_objects(synced: Flux) -> None:
    labels = {label for kind in OF_A_MODEL for item in synced.namespace.list(kind) for label in labels_of(item)}
    assert not {label for label in labels if label == "team" or "fluxcd" in label}
    entries = synced.kustomization()["status"]["inventory"]["entries"]
    assert [entry["id"].split("_")[1] for entry in entries] == [NAME]


def test_reconciling_again_writes_nothing(synced: Flux) -> None:
    assert comes_to_rest(synced)


def test_manual_changes_are_reverted_without_a_write_loop(synced: Flux) -> None:
    before, made = synced.namespace.get("md", NAME), jobs(synced)
    synced.namespace.kubectl("patch", "md", NAME, "--type=merge", "-p", '{"spec":{"training":{"cv_folds":7}}}')
    synced.reconcile()
    after = synced.namespace.wait("md", NAME, is_settled, seconds=120, what="settled")
    assert after["spec"] == before["spec"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 2
    assert after["status"]["activeRevision"] == before["status"]["activeRevision"]
    assert made.items() <= jobs(synced).items()
    assert comes_to_rest(synced)
    assert synced.namespace.get("md", NAME)["metadata"]["generation"] == after["metadata"]["generation"]


def test_a_number_of_pods_that_is_not_in_git_can_be_scaled(synced: Flux) -> None:
    synced.namespace.kubectl("scale", "md", NAME, "--replicas=2")
    synced.reconcile()
    assert synced.namespace.get("md", NAME)["spec"]["serving"] == {"replicas": 2}
    synced.namespace.kubectl("scale", "md", NAME, "--replicas=1")


def test_a_changed_child_is_repaired_by_the_operator(synced: Flux) -> None:
    before = synced.namespace.get("md", NAME)["metadata"]["generation"]
    synced.namespace.kubectl("delete", "service", NAME)
    synced.namespace.wait("service", NAME, lambda _: True, seconds=10)
    assert synced.namespace.get("md", NAME)["metadata"]["generation"] == before


def test_an_invalid_commit_fails_immediately_and_the_model_keeps_serving(synced: Flux) -> None:
    synced.repository.commit("A typing error", model(training={"modle_type": "logistic_regression"}))
    verdict = condition(synced.sync(seconds=60), "Ready")
    assert (verdict["status"], verdict["reason"]) == ("False", "HealthCheckFailed")
    resource = synced.namespace.get("md", NAME)
    assert condition(resource, "Stalled")["reason"] == "UnknownField"
    assert condition(resource, "Serving")["status"] == "True"
    synced.repository.revert()
    assert condition(synced.sync(), "Ready")["status"] == "True"


def test_reverting_a_commit_rolls_back_without_a_job(synced: Flux) -> None:
    first = synced.namespace.get("md", NAME)["status"]
    synced.repository.commit("Other rows", model(training={"model_type": "logistic_regression", "test_size": 0.3}))
    assert condition(synced.sync(), "Ready")["status"] == "True"
    second, made = synced.namespace.get("md", NAME)["status"], jobs(synced)
    assert second["activeRevision"] != first["activeRevision"]
    synced.repository.revert()
    assert condition(synced.sync(seconds=90), "Ready")["status"] == "True"
    back = synced.namespace.get("md", NAME)["status"]
    assert back["activeRevision"] == first["activeRevision"]
    assert back["pipeline"]["artifacts"] == first["pipeline"]["artifacts"]
    assert jobs(synced) == made
