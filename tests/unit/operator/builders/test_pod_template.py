"""What `podTemplate` adds to pods, and that nothing changes without it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from easy_mlops.config.check.podtemplate import RESERVED_KEYS, RESERVED_PATHS, RESERVED_VARIABLES, RESERVED_VOLUMES
from easy_mlops.config.data import parse_uri
from easy_mlops.config.podtemplate import PodTemplate
from easy_mlops.config.resource import ConfigMapPlugin, PipelineSection, ServingSection
from easy_mlops_operator.api.labels import CLAIM_UID, child_labels
from easy_mlops_operator.builders import (
    Claim,
    Parent,
    Served,
    build_deployment,
    build_job,
    build_pruner,
    build_search,
    pipeline_hash,
)
from pod_additions import ADDITIONS
from pod_standards import problems_with

PARENT = Parent("churn", "shop", "11112222-3333")
CLAIM = Claim("churn", "claim-uid", shared=False)
IMAGE: Any = {"image": "runtime:1", "pull_policy": "IfNotPresent"}
PLUGIN = {"configMap": "steps", "module": "steps", "sha256": "b" * 64}

Manifest = dict[str, Any]


def manifests(additions: Any, *, claim: Claim = CLAIM) -> dict[str, Manifest]:
    """One of each object that has pods."""
    extra = {} if additions is None else {"podTemplate": additions}
    pipeline = PipelineSection.parse({**extra, "plugins": [PLUGIN]})
    serving = ServingSection.parse(extra)
    served = Served("churn-1", "models/d_1", "a" * 64, **IMAGE)
    data = parse_uri("configmap://rows/data.csv")
    return {
        "job": build_job(PARENT, "churn-1", pipeline=pipeline, data=data, claim=claim, **IMAGE),
        "serving": build_deployment(PARENT, served, serving=serving, log_predictions=True, claim=claim),
        "search": build_search(PARENT, [], output_dir="models", serving=serving, claim=claim, **IMAGE),
        "pruner": build_pruner(PARENT, ["models/d_1=abc"], pipeline=pipeline, claim=claim, **IMAGE),
    }


def template(made: Manifest) -> Manifest:
    return dict(made["spec"]["template"])


EVERY = ("job", "serving", "search", "pruner")


@pytest.mark.parametrize("which", EVERY)
def test_pods_with_every_addition_meet_the_restricted_standard(which: str) -> None:
    assert problems_with(template(manifests(ADDITIONS)[which])["spec"]) == []


@pytest.mark.parametrize("nothing", [None, {}, {"labels": {}, "env": [], "affinity": {}}])
def test_without_additions_nothing_changes(nothing: Any) -> None:
    assert json.dumps(manifests(nothing)) == json.dumps(manifests(None))
    assert pipeline_hash(PipelineSection.parse({})) == pipeline_hash(PipelineSection.parse({"podTemplate": {}}))


@pytest.mark.parametrize("which", EVERY)
def test_additions_come_after_what_the_operator_sets(which: str) -> None:
    own, made = template(manifests(None)[which]), template(manifests(ADDITIONS)[which])
    (before,), (after,) = own["spec"]["containers"], made["spec"]["containers"]
    for name, added in (("env", 3), ("volumeMounts", 3)):
        assert after[name][: len(before[name])] == before[name]
        assert len(after[name]) == len(before[name]) + added
    assert made["spec"]["volumes"][: len(own["spec"]["volumes"])] == own["spec"]["volumes"]
    assert own["metadata"]["labels"].items() <= made["metadata"]["labels"].items()
    assert made["metadata"]["labels"]["empty"] == ""
    for name in ("nodeSelector", "serviceAccountName", "imagePullSecrets", "priorityClassName", "runtimeClassName"):
        assert made["spec"][name] == ADDITIONS[name]


def test_both_rules_of_affinity_apply() -> None:
    affinity = template(manifests(ADDITIONS)["job"])["spec"]["affinity"]
    required = affinity["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert [term["topologyKey"] for term in required] == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
    assert required[1]["labelSelector"] == {"matchLabels": {"cache": ""}}
    assert set(affinity) == {"nodeAffinity", "podAffinity"}


def test_spread_constraints_select_the_pods_themselves_and_replace_those_of_the_operator() -> None:
    made = template(manifests(ADDITIONS, claim=Claim("churn", "claim-uid", shared=True))["serving"])
    (constraint,) = made["spec"]["topologySpreadConstraints"]
    assert constraint["labelSelector"] == {"matchLabels": child_labels("churn", "serving", "churn-1")}
    assert (constraint["maxSkew"], constraint["whenUnsatisfiable"]) == (1, "DoNotSchedule")


def test_values_that_the_api_server_omits_are_not_sent() -> None:
    made = template(manifests(ADDITIONS)["serving"])["spec"]
    (container,) = made["containers"]
    assert {"name": "NO_PROXY"} in container["env"]
    assert container["envFrom"] == [{"configMapRef": {"name": "settings"}}]
    assert made["volumes"][-1]["persistentVolumeClaim"] == {"claimName": "lookup"}
    assert made["tolerations"] == ADDITIONS["tolerations"]


def test_every_name_that_the_operator_uses_is_reserved() -> None:
    for made in manifests(None).values():
        pod = template(made)
        (container,) = pod["spec"]["containers"]
        assert {item["name"] for item in container["env"]} <= set(RESERVED_VARIABLES)
        assert {item["name"] for item in pod["spec"]["volumes"]} <= set(RESERVED_VOLUMES)
        for mount in container["volumeMounts"]:
            assert any(f"{mount['mountPath']}/".startswith(f"{path}/") for path in RESERVED_PATHS), mount
        keys = pod["metadata"]["labels"].keys() | pod["metadata"].get("annotations", {}).keys()
        assert all(key in RESERVED_KEYS or key.startswith("easymlops.dev/") for key in keys)


def test_a_blocked_run_is_retried_with_other_additions() -> None:
    hashes = {
        pipeline_hash(PipelineSection.parse({"podTemplate": item}))
        for item in ({}, {"nodeSelector": {"disk": "ssd"}}, {"nodeSelector": {"disk": "hdd"}})
    }
    assert len(hashes) == 3
    assert CLAIM_UID in manifests(ADDITIONS)["job"]["metadata"]["annotations"]
    assert PodTemplate() == PipelineSection().pod_template
    assert ConfigMapPlugin.parse(PLUGIN).module == "steps"
