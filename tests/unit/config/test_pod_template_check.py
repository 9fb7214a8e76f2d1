"""What a spec adds to pods must not conflict with what the operator sets."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops.config import ConfigError, ModelDeploymentSpec, check_spec
from easy_mlops.config.check.resource import parse_resource
from pod_additions import ADDITIONS


def problems(additions: dict[str, Any], section: str = "serving", **spec: Any) -> list[str]:
    raw = {"data": {"uri": "pvc://rows/data.csv"}, **spec, section: {"podTemplate": additions}}
    return [str(problem) for problem in check_spec(ModelDeploymentSpec.parse(raw))]


def claim(name: str) -> dict[str, Any]:
    return {"volumes": [{"name": "x", "persistentVolumeClaim": {"claimName": name}}]}


@pytest.mark.parametrize("section", ["pipeline", "serving"])
def test_every_field_can_be_used(section: str) -> None:
    assert problems(ADDITIONS, section) == []


@pytest.mark.parametrize(
    ("additions", "path", "words"),
    [
        ({"env": [{"name": "HOME", "value": "/"}]}, "env[0].name", "must not be 'HOME': the operator sets it"),
        ({"env": [{"name": "A"}, {"name": "A"}]}, "env[1].name", "'A' is the name of env[0], too"),
        ({"env": [{"name": "A", "value": "1", "valueFrom": {"secretKeyRef": {"name": "a", "key": "a"}}}]}, "env[0]",
         "either value or valueFrom"),
        ({"env": [{"name": "A", "valueFrom": {}}]}, "env[0]", "exactly one source"),
        ({"envFrom": [{}]}, "envFrom[0]", "exactly one of configMapRef and secretRef"),
        ({"volumes": [{"name": "tmp", "secret": {"secretName": "a"}}]}, "volumes[0].name", "must not be 'tmp'"),
        ({"volumes": [{"name": "a"}]}, "volumes[0]", "exactly one of configMap, secret and persistentVolumeClaim"),
        ({"labels": {"app.kubernetes.io/name": "x"}}, "labels", "must not have 'app.kubernetes.io/name'"),
        ({"labels": {"easymlops.dev/revision": "x"}}, "labels", "must not have 'easymlops.dev/revision'"),
        ({"annotations": {"container.apparmor.security.beta.kubernetes.io/serving": "unconfined"}}, "annotations",
         "must not have 'container.apparmor"),
        ({"volumeMounts": [{"name": "a", "mountPath": "/a"}]}, "volumeMounts[0].name", "there is no volume 'a'"),
        (claim("rows"), "volumes[0].persistentVolumeClaim.claimName", "it is the claim of data.uri"),
    ],
)  # fmt: skip
def test_a_conflict_is_reported_with_its_path(additions: dict[str, Any], path: str, words: str) -> None:
    (problem,) = problems(additions)
    assert problem.startswith(f"spec.serving.podTemplate.{path}: ")
    assert words in problem


@pytest.mark.parametrize("path", ["/model", "/model/logs/", "/etc", "/tmp/x", "/app", "/etc/easy-mlops/more"])
def test_the_paths_of_the_operator_are_not_mounted_over(path: str) -> None:
    volume = {"volumes": [{"name": "a", "secret": {"secretName": "a"}}]}
    (problem,) = problems({**volume, "volumeMounts": [{"name": "a", "mountPath": path}]})
    assert "must not be, contain or be below" in problem


def test_paths_next_to_those_of_the_operator_are_free() -> None:
    volume = {"volumes": [{"name": "a", "secret": {"secretName": "a"}}]}
    mounts = [{"name": "a", "mountPath": path} for path in ("/models", "/etc/easy", "/data-2")]
    assert problems({**volume, "volumeMounts": mounts}) == []
    assert len(problems({**volume, "volumeMounts": [*mounts, {"name": "a", "mountPath": "/models/"}]})) == 1


@pytest.mark.parametrize("path", ["etc/x", "/a/../model", "/", "//model", "/./model"])
def test_a_mount_path_is_absolute_and_plain(path: str) -> None:
    with pytest.raises(ConfigError, match="an absolute path without"):
        problems({"volumeMounts": [{"name": "a", "mountPath": path}]})


@pytest.mark.parametrize(
    "field", ["securityContext", "hostNetwork", "initContainers", "automountServiceAccountToken", "containers"]
)
def test_nothing_else_of_a_pod_can_be_set(field: str) -> None:
    with pytest.raises(ConfigError, match=f"podTemplate.{field}: unknown key"):
        problems({field: {}})


@pytest.mark.parametrize("source", ["hostPath", "emptyDir", "projected", "nfs", "csi"])
def test_no_other_type_of_volume_is_available(source: str) -> None:
    with pytest.raises(ConfigError, match=f"volumes\\[0\\].{source}: unknown key"):
        problems({"volumes": [{"name": "a", source: {}}]})


def test_the_claim_of_the_resource_is_not_mounted_twice() -> None:
    raw = {"data": {"uri": "sklearn://wine"}, "serving": {"podTemplate": claim("churn")}}
    with pytest.raises(ConfigError, match="'churn' is mounted already: it is the claim of the resource"):
        parse_resource("churn", raw)
    assert parse_resource("other", raw)
    (problem,) = problems(claim("kept"), storage={"existingClaim": "kept"})
    assert "it is the claim of storage.existingClaim" in problem
