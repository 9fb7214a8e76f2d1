"""Deployment and Service of the scoring pods."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from easy_mlops.config.resource import ServingSection
from easy_mlops.serving.app import FLUSH_SECONDS
from easy_mlops.serving.settings import ServerSettings
from easy_mlops_operator.builders import Claim, Parent, Served, build_deployment, build_service
from pod_standards import problems_with

PARENT = Parent("churn", "shop", "u-1")
SERVED = Served("churn-1", "models/d_1", "a" * 64, "runtime:1", "IfNotPresent")
CLAIM = Claim("churn", "claim-uid", shared=False)


def deployment(
    served: Served = SERVED, claim: Claim = CLAIM, *, log_predictions: bool = True, **serving: Any
) -> dict[str, Any]:
    section = ServingSection.parse(serving)
    return build_deployment(PARENT, served, serving=section, log_predictions=log_predictions, claim=claim)


def pod(made: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = made["spec"]["template"]["spec"]
    return spec


def container(made: dict[str, Any]) -> dict[str, Any]:
    return dict(pod(made)["containers"][0])


def test_the_pod_meets_the_restricted_standard() -> None:
    assert problems_with(pod(deployment())) == []


def test_it_serves_the_directory_under_its_digest() -> None:
    made = container(deployment(port=9000))
    assert made["command"] + made["args"] == [
        *("make-mlops-easy", "serve", "/model", "--host", "0.0.0.0", "--port", "9000"),
        *("--digest", "a" * 64, "--name", "churn", "--log-predictions", "on"),
    ]
    assert made["ports"] == [{"name": "http", "containerPort": 9000, "protocol": "TCP"}]


def test_the_directory_is_read_only_and_its_logs_are_not() -> None:
    mounts = {mount["mountPath"]: mount for mount in container(deployment())["volumeMounts"]}
    assert mounts["/model"] == {
        "name": "volume",
        "mountPath": "/model",
        "subPath": "models/d_1",
        "readOnly": True,
    }
    assert mounts["/model/logs"] == {"name": "volume", "mountPath": "/model/logs", "subPath": "models/d_1/logs"}


def test_an_update_never_takes_a_ready_pod_away() -> None:
    assert deployment()["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
    }


def test_replicas_are_left_to_others_unless_asked_for() -> None:
    assert "replicas" not in deployment()["spec"]
    assert deployment(replicas=0)["spec"]["replicas"] == 0
    assert deployment(replicas=3)["spec"]["replicas"] == 3


def test_the_selector_knows_no_revision_and_the_pods_do() -> None:
    spec = deployment()["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"].items() <= labels.items()
    assert "easymlops.dev/revision" not in spec["selector"]["matchLabels"]
    assert labels["easymlops.dev/revision"] == "churn-1"


def test_probes_ask_for_readiness_and_for_life() -> None:
    made = container(deployment())
    paths = {probe: made[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert paths == {"startupProbe": "/readyz?wait=30", "readinessProbe": "/readyz?wait=1", "livenessProbe": "/healthz"}
    assert made["startupProbe"]["periodSeconds"] == 1
    slowest = made["startupProbe"]["periodSeconds"] * made["startupProbe"]["failureThreshold"]
    assert slowest < deployment()["spec"]["progressDeadlineSeconds"]


@pytest.mark.parametrize(
    "other",
    [
        replace(SERVED, directory="models/d_2"),
        replace(SERVED, digest="b" * 64),
        replace(SERVED, image="runtime:2"),
        replace(SERVED, revision="churn-2"),
    ],
)
def test_another_revision_is_another_template(other: Served) -> None:
    assert deployment(other)["spec"]["template"] != deployment()["spec"]["template"]


def test_scaling_is_not_another_template() -> None:
    assert deployment(replicas=5)["spec"]["template"] == deployment()["spec"]["template"]


def test_pods_of_a_volume_for_one_node_go_to_one_node() -> None:
    assert "podAffinity" in pod(deployment())["affinity"]
    assert "affinity" not in pod(deployment(claim=Claim("churn", "u", shared=True)))


def test_the_service_leads_to_the_scoring_pods() -> None:
    made = build_service(PARENT, 9000)
    assert made["metadata"]["name"] == "churn"
    assert made["spec"]["ports"] == [{"name": "http", "port": 9000, "protocol": "TCP", "targetPort": "http"}]
    assert made["spec"]["selector"] == deployment()["spec"]["selector"]["matchLabels"]


@pytest.mark.parametrize("made", [deployment(), build_service(PARENT, 8080)])
def test_both_belong_to_the_resource(made: dict[str, Any]) -> None:
    owner = made["metadata"]["ownerReferences"][0]
    assert (owner["uid"], owner["controller"], owner["blockOwnerDeletion"]) == ("u-1", True, True)


@pytest.mark.parametrize(("wanted", "word"), [(True, "on"), (False, "off")])
def test_whether_predictions_are_logged_reaches_pods_without_a_new_run(wanted: bool, word: str) -> None:
    arguments = container(deployment(log_predictions=wanted))["args"]
    assert arguments[arguments.index("--log-predictions") + 1] == word


@pytest.mark.parametrize(
    ("template", "shared", "pinned"),
    [
        ("1", False, "14b57d29a2337166"),
        ("2", False, "4fe442eb3a87f2a5"),
        ("2", True, "aac9e6b5a894aceb"),
        ("3", False, "7c68ffe0d58638cd"),
        ("3", True, "9bd588a5a9c1c91c"),
    ],
)
def test_a_pinned_template_does_not_change(template: str, shared: bool, pinned: str) -> None:
    # Whoever changes a template restarts every scoring pod of every user at the next upgrade of the operator.
    # A new template needs a new TEMPLATE_REVISION, and the old one has to be kept for pods that have it.
    made = deployment(replace(SERVED, template=template), replace(CLAIM, shared=shared))
    text = json.dumps(made["spec"]["template"], sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == pinned


def test_another_scikit_learn_is_let_in_only_when_the_resource_says_so() -> None:
    assert "--allow-version-mismatch" not in container(deployment())["args"]
    assert "--allow-version-mismatch" in container(deployment(allowVersionMismatch=True))["args"]


def test_a_pod_leaves_the_service_before_it_receives_sigterm_and_has_time_to_do_so() -> None:
    made = deployment()
    pause = container(made)["lifecycle"]["preStop"]["sleep"]["seconds"]
    ending = ServerSettings().drain_seconds + 2 * FLUSH_SECONDS
    assert pause >= made["spec"]["minReadySeconds"] > 0
    assert pod(made)["terminationGracePeriodSeconds"] > pause + ending


def test_pods_prefer_different_nodes_if_the_volume_allows_it() -> None:
    assert "topologySpreadConstraints" not in pod(deployment())
    spread = pod(deployment(claim=replace(CLAIM, shared=True)))["topologySpreadConstraints"]
    assert [item["topologyKey"] for item in spread] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    assert {item["whenUnsatisfiable"] for item in spread} == {"ScheduleAnyway"}


def test_an_autoscaled_deployment_has_no_number() -> None:
    assert "replicas" not in deployment(autoscaling={"maxReplicas": 3})["spec"]
