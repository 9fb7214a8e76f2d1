"""The Helm chart installs what the overlays install."""

from __future__ import annotations

import json
from typing import Any

import chart
import pytest
import rendering
import yaml
from chart_template import render_chart
from console import CommandError

Objects = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def rendered() -> dict[str, rendering.Objects]:
    return {overlay: rendering.render(overlay) for overlay in rendering.OVERLAYS}


@pytest.fixture(scope="module")
def files(rendered: dict[str, rendering.Objects]) -> dict[str, str]:
    return chart.files(rendered)


def installed(files: dict[str, str], namespace: str, **values: Any) -> Objects:
    """The objects of the chart, without the variable for the watched namespace."""
    values = {**yaml.safe_load(files["values.yaml"]), **values}
    objects = render_chart(files["templates/operator.yaml"], values, namespace)
    return by_name([*objects, *yaml.safe_load_all(files["crds/modeldeployments.yaml"])])


def by_name(objects: rendering.Objects) -> Objects:
    """Objects by kind and name, without namespaces, which Helm creates, and with sorted variables."""
    found = {(item["kind"], item["metadata"]["name"]): item for item in objects if item["kind"] != "Namespace"}
    for (kind, _), item in found.items():
        if kind == "Deployment":
            container = item["spec"]["template"]["spec"]["containers"][0]
            watched = "EASY_MLOPS_WATCH_NAMESPACE"
            container["env"] = sorted((v for v in container["env"] if v["name"] != watched), key=lambda v: v["name"])
    return found


def variable(objects: Objects, name: str) -> Any:
    container = objects["Deployment", chart.NAME]["spec"]["template"]["spec"]["containers"][0]
    return {v["name"]: v for v in container["env"]}.get(name)


def test_one_replica_is_the_cluster_overlay(rendered: dict[str, rendering.Objects], files: dict[str, str]) -> None:
    assert installed(files, "easy-mlops-system") == by_name(rendered["cluster"])


def test_two_replicas_are_the_ha_overlay(rendered: dict[str, rendering.Objects], files: dict[str, str]) -> None:
    assert installed(files, "easy-mlops-system", replicas=2) == by_name(rendered["ha"])


def test_one_namespace_is_the_namespaced_overlay(rendered: dict[str, rendering.Objects], files: dict[str, str]) -> None:
    objects = installed(files, "easy-mlops", watchNamespace="easy-mlops")
    assert objects.pop(("CustomResourceDefinition", "modeldeployments.easymlops.dev"))
    assert objects == by_name(rendered["namespaced"])


def test_permissions_are_in_the_watched_namespace_and_the_operator_in_its_own(files: dict[str, str]) -> None:
    objects = installed(files, "tools", watchNamespace="team-a", replicas=2)
    assert objects["Role", chart.NAME]["metadata"]["namespace"] == "team-a"
    assert objects["RoleBinding", chart.NAME]["subjects"][0]["namespace"] == "tools"
    assert objects["Role", f"{chart.NAME}-lease"]["metadata"]["namespace"] == "tools"
    assert not [kind for kind, _ in objects if kind.startswith("ClusterRole")]


def test_values_come_from_the_manifests_and_the_schema_knows_each(files: dict[str, str]) -> None:
    values = yaml.safe_load(files["values.yaml"])
    assert (values["image"], values["replicas"]) == ("easy-mlops-operator:dev", 1)
    schema = json.loads(files["values.schema.json"])
    assert set(schema["properties"]) == {*values, "global"}
    assert schema["additionalProperties"] is False


def test_images_are_replaced(rendered: dict[str, rendering.Objects]) -> None:
    objects = by_name(rendering.set_images(rendered["ha"], "operator:1", "runtime:1"))
    container = objects["Deployment", chart.NAME]["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "operator:1"
    assert variable(objects, "EASY_MLOPS_RUNTIME_IMAGE")["value"] == "runtime:1"


def test_an_unknown_overlay_is_an_error() -> None:
    with pytest.raises(CommandError, match="'none'; allowed are cluster, ha, namespaced"):
        rendering.render("none")
