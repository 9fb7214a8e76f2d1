"""The Job that trains a revision."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops.config.data import parse_uri
from easy_mlops.config.resource import PipelineSection
from easy_mlops_operator.builders import Claim, Parent, build_job, pipeline_hash
from pod_standards import problems_with

PARENT = Parent("churn", "shop", "11112222-3333")
CLAIM = Claim("churn", "claim-uid", shared=False)


def job(uri: str = "sklearn://wine", claim: Claim = CLAIM, **pipeline: Any) -> dict[str, Any]:
    return build_job(
        PARENT,
        "churn-1",
        pipeline=PipelineSection.parse(pipeline),
        data=parse_uri(uri),
        claim=claim,
        image="runtime:1",
        pull_policy="IfNotPresent",
    )


def pod(made: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = made["spec"]["template"]["spec"]
    return spec


def container(made: dict[str, Any]) -> dict[str, Any]:
    return dict(pod(made)["containers"][0])


def mounts(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {mount["mountPath"]: mount for mount in container(made)["volumeMounts"]}


def volumes(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {volume["name"]: volume for volume in pod(made)["volumes"]}


def test_the_pod_meets_the_restricted_standard() -> None:
    assert problems_with(pod(job())) == []


def test_it_runs_the_run_command_on_the_volume() -> None:
    made = container(job())
    assert made["command"] + made["args"] == [
        "make-mlops-easy",
        "run",
        "-f",
        "/etc/easy-mlops/modeldeployment.yaml",
        "--volume",
        "/volume",
        "--run-id",
        "churn-1-11112222",
    ]
    assert made["workingDir"] == "/volume"
    assert {item["name"]: item["value"] for item in made["env"]} == {
        "EASY_MLOPS_DATA_ROOT": "/data",
        "EASY_MLOPS_TERMINATION_LOG": "/dev/termination-log",
        "HOME": "/tmp",
    }
    assert made["terminationMessagePolicy"] == "File"
    assert made["terminationMessagePath"] == "/dev/termination-log"


def test_the_volume_is_writable_and_the_configuration_is_not() -> None:
    made = job()
    assert not mounts(made)["/volume"].get("readOnly")
    assert mounts(made)["/etc/easy-mlops"]["readOnly"]
    assert volumes(made)["config"]["configMap"]["name"] == "churn-1"
    assert volumes(made)["volume"]["persistentVolumeClaim"] == {"claimName": "churn"}


def test_a_config_map_is_mounted_where_the_run_looks_for_it() -> None:
    made = job("configmap://tables/a.csv")
    assert mounts(made)["/data/configmap/tables"] == {
        "name": "data",
        "mountPath": "/data/configmap/tables",
        "readOnly": True,
    }
    assert volumes(made)["data"]["configMap"] == {"name": "tables", "items": [{"key": "a.csv", "path": "a.csv"}]}


def test_a_claim_is_mounted_where_the_run_looks_for_it() -> None:
    made = job("pvc://datasets/2026/a.parquet")
    assert mounts(made)["/data/pvc/datasets"]["readOnly"]
    assert volumes(made)["data"]["persistentVolumeClaim"] == {"claimName": "datasets"}


def test_data_on_the_own_claim_needs_no_second_volume() -> None:
    made = job("pvc://churn/a.csv")
    assert mounts(made)["/data/pvc/churn"] == {"name": "volume", "mountPath": "/data/pvc/churn", "readOnly": True}
    assert "data" not in volumes(made)


@pytest.mark.parametrize("uri", ["sklearn://wine", "file:///x.csv"])
def test_other_data_needs_no_volume(uri: str) -> None:
    assert set(volumes(job(uri))) == {"volume", "tmp", "config"}


def test_bad_input_fails_at_once_and_everything_else_is_tried_again() -> None:
    spec = job(backoffLimit=4, activeDeadlineSeconds=99)["spec"]
    assert spec["backoffLimit"] == 4
    assert spec["activeDeadlineSeconds"] == 99
    assert pod({"spec": spec})["restartPolicy"] == "Never"
    assert spec["podFailurePolicy"]["rules"] == [
        {
            "action": "FailJob",
            "onExitCodes": {"containerName": "pipeline", "operator": "In", "values": [1, 2]},
        }
    ]


def test_a_finished_job_stays() -> None:
    assert "ttlSecondsAfterFinished" not in job()["spec"]


def test_pods_of_a_volume_for_one_node_go_to_one_node() -> None:
    term = pod(job())["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    assert term["labelSelector"]["matchLabels"] == {"easymlops.dev/modeldeployment": "churn"}
    assert job()["spec"]["template"]["metadata"]["labels"]["easymlops.dev/modeldeployment"] == "churn"


def test_a_shared_volume_binds_pods_to_no_node() -> None:
    assert "affinity" not in pod(job(claim=Claim("churn", "claim-uid", shared=True)))


def test_the_job_remembers_its_claim_and_its_settings() -> None:
    annotations = job(backoffLimit=4)["metadata"]["annotations"]
    assert annotations["easymlops.dev/claim-uid"] == "claim-uid"
    assert annotations["easymlops.dev/pipeline-hash"] == pipeline_hash(PipelineSection.parse({"backoffLimit": 4}))


@pytest.mark.parametrize(
    "changed", [{"backoffLimit": 1}, {"activeDeadlineSeconds": 60}, {"resources": {"limits": {"memory": "2Gi"}}}]
)
def test_the_hash_of_the_settings_tells_them_apart(changed: dict[str, Any]) -> None:
    assert pipeline_hash(PipelineSection.parse(changed)) != pipeline_hash(PipelineSection())


def test_the_image_is_part_of_the_revision_and_not_of_the_settings() -> None:
    assert pipeline_hash(PipelineSection.parse({"image": "x"})) == pipeline_hash(PipelineSection())


def test_job_and_pods_carry_the_revision_and_the_owner() -> None:
    made = job()
    labels = made["metadata"]["labels"]
    assert labels["easymlops.dev/revision"] == "churn-1"
    assert made["spec"]["template"]["metadata"]["labels"] == labels
    assert made["metadata"]["ownerReferences"][0]["uid"] == "11112222-3333"
