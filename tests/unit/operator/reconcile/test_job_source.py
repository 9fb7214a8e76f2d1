"""Before there is a Job: what its data URI names is looked up and waited for."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops.config.data import DataUri
from easy_mlops_operator.reconcile import Source, Wanted, read
from job_states import pending, status_and_reason
from model_cluster import SETTINGS, ModelCluster, model_deployment


def test_missing_data_is_waited_for_and_no_job_is_made() -> None:
    cluster = ModelCluster(
        model_deployment(data={"uri": "configmap://churn/x.csv"}),
        source=Source("missing", "spec.data.uri: ConfigMap 'churn' does not exist"),
    )
    cluster.settle()
    assert cluster.plans[-1].requeue_after == 5
    assert not cluster.all("Job")
    assert status_and_reason(cluster) == ("False", "DataUnavailable")
    assert cluster.condition("PipelineSucceeded")["message"] == "spec.data.uri: ConfigMap 'churn' does not exist"
    assert cluster.condition("Reconciling")["reason"] == "DataUnavailable"
    assert not cluster.condition("Stalled")


def test_data_that_appears_fixes_it() -> None:
    cluster = ModelCluster(model_deployment(data={"uri": "pvc://x/y"}), source=Source("missing", "no claim"))
    cluster.settle()
    cluster.source = Source("found")
    cluster.train()
    assert cluster.condition("Ready")["status"] == "True"


def test_a_lookup_that_could_not_be_made_does_not_hold_the_job_up() -> None:
    cluster = ModelCluster(model_deployment(data={"uri": "pvc://x/y"}), source=Source("unknown", "forbidden"))
    cluster.settle()
    assert len(cluster.all("Job")) == 1


def test_data_deleted_after_the_start_of_the_run_does_not_matter() -> None:
    cluster = pending(data={"uri": "configmap://churn/x.csv"})
    cluster.source = Source("missing", "gone")
    cluster.settle()
    assert status_and_reason(cluster) == ("Unknown", "Running")


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"data": {"uri": "configmap://churn/x.csv"}}, DataUri("configmap", "churn", "x.csv")),
        ({"data": {"uri": "pvc://sets/a/b.csv"}}, DataUri("pvc", "sets", "a/b.csv")),
        ({"data": {"uri": "sklearn://wine"}}, None),
        ({"data": {"uri": "configmap://churn/x.csv"}, "suspend": True}, None),
        ({"data": {"uri": "nonsense"}}, None),
        ({"data": {"uri": "configmap://churn/x.csv"}, "typo": 1}, None),
    ],
)
def test_what_has_to_be_looked_up(spec: dict[str, Any], wanted: DataUri | None) -> None:
    assert read(model_deployment(**spec), SETTINGS).sources == ((Wanted("spec.data.uri", wanted),) if wanted else ())


def test_a_trained_resource_needs_no_lookup() -> None:
    cluster = pending(data={"uri": "configmap://churn/x.csv"})
    assert read(cluster.resource, SETTINGS).sources
    cluster.succeed()
    cluster.settle()
    assert read(cluster.resource, SETTINGS).sources == ()
