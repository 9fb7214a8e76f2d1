"""The Helm chart installs what the overlays install, under the names of its release."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import chart
import pytest
import rendering
import yaml
from console import CommandError
from helm_chart import chosen, helm, rendered, write_chart

Objects = dict[tuple[str, str], dict[str, Any]]

OWN = ("app.kubernetes.io/instance", "app.kubernetes.io/version", "helm.sh/chart")
UNSET = ("imagePullSecrets", "nodeSelector", "tolerations", "affinity")
VARIABLES = ("EASY_MLOPS_WATCH_NAMESPACE", "EASY_MLOPS_SHARD")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_chart(tmp_path_factory.mktemp("chart"))


@pytest.fixture(scope="module")
def overlays() -> dict[str, rendering.Objects]:
    return {overlay: rendering.render(overlay) for overlay in rendering.OVERLAYS}


def comparable(objects: rendering.Objects) -> Objects:
    """Objects by kind and name, without what only one of chart and overlay has."""
    found: Objects = {}
    for item in objects:
        if item["kind"] in {"Namespace", "CustomResourceDefinition"}:
            continue
        name = item["metadata"]["name"] = item["metadata"]["name"].replace(f"{chart.NAME}-view", "easy-mlops-view")
        name = item["metadata"]["name"] = name.replace(f"{chart.NAME}-edit", "easy-mlops-edit")
        item["metadata"].get("labels", {}).pop("app.kubernetes.io/managed-by", None)
        without_release(item)
        if item["kind"] == "Deployment":
            pod = item["spec"]["template"]
            for field in UNSET:
                assert not pod["spec"].pop(field, None)
            assert not pod["metadata"].pop("annotations", None)
            container = pod["spec"]["containers"][0]
            container["env"] = sorted(
                (v for v in container["env"] if v["name"] not in VARIABLES), key=lambda v: str(v["name"])
            )
        found[item["kind"], name] = item
    return found


def without_release(node: Any) -> None:
    if isinstance(node, list):
        for item in node:
            without_release(item)
    elif isinstance(node, dict):
        for key in OWN:
            node.pop(key, None)
        for item in node.values():
            without_release(item)


def by_name(objects: rendering.Objects) -> Objects:
    return {(item["kind"], item["metadata"]["name"]): item for item in objects}


def deployment(objects: rendering.Objects) -> dict[str, Any]:
    return next(item for item in objects if item["kind"] == "Deployment")


@pytest.mark.parametrize(
    ("overlay", "namespace", "values"),
    [
        ("cluster", "easy-mlops-system", {}),
        ("ha", "easy-mlops-system", {"replicas": 2}),
        ("namespaced", "easy-mlops", {"watchNamespace": "easy-mlops"}),
    ],
)
def test_each_overlay_is_a_choice_of_values(
    folder: Path, overlays: dict[str, rendering.Objects], overlay: str, namespace: str, values: dict[str, Any]
) -> None:
    assert comparable(rendered(folder, namespace, **values)) == comparable(rendering.render(overlay))


def test_permissions_are_in_the_watched_namespace_and_the_operator_in_its_own(folder: Path) -> None:
    objects = by_name(rendered(folder, "tools", watchNamespace="team-a", replicas=2))
    assert objects["Role", chart.NAME]["metadata"]["namespace"] == "team-a"
    assert objects["RoleBinding", chart.NAME]["subjects"][0]["namespace"] == "tools"
    assert objects["Role", f"{chart.NAME}-lease"]["metadata"]["namespace"] == "tools"
    assert not [kind for kind, _ in objects if kind.startswith("ClusterRole")]


def test_two_releases_have_no_object_in_common(folder: Path) -> None:
    one, other = (by_name(rendered(folder, name, release=name, shard=name)) for name in ("blue", "green"))
    assert not one.keys() & other.keys()
    assert len(one) == len(other)
    for release, objects in (("blue", one), ("green", other)):
        binding = objects["ClusterRoleBinding", f"{release}-{chart.NAME}"]
        assert binding["roleRef"]["name"] == binding["subjects"][0]["name"] == f"{release}-{chart.NAME}"
        selector = objects["Deployment", f"{release}-{chart.NAME}"]["spec"]["selector"]["matchLabels"]
        assert selector["app.kubernetes.io/instance"] == release
        pod = objects["Deployment", f"{release}-{chart.NAME}"]["spec"]["template"]
        assert selector.items() <= pod["metadata"]["labels"].items()
        assert pod["spec"]["serviceAccountName"] == f"{release}-{chart.NAME}"
        for item in objects.values():
            assert item["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "Helm"


def test_the_operators_pods_have_what_the_values_say(folder: Path) -> None:
    digest = f"sha256:{'a' * 64}"
    values: dict[str, Any] = {
        "image": {"registry": "registry.example.com:5000", "repository": "ml/operator", "tag": "1", "digest": ""},
        "runtimeImage": {"registry": "", "repository": "runtime", "tag": "1", "digest": digest},
        "imagePullSecrets": [{"name": "registry"}],
        "nodeSelector": {"pool": "system"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "podAnnotations": {"a": "1"},
        "podLabels": {"team": "on"},
        "extraEnv": [{"name": "EASY_MLOPS_ALLOWED_IMAGES", "value": "registry.example.com/*"}],
        "shard": "blue",
    }
    pod = deployment(rendered(folder, "tools", **values))["spec"]["template"]
    container = pod["spec"]["containers"][0]
    variables = {item["name"]: item.get("value") for item in container["env"]}
    assert container["image"] == "registry.example.com:5000/ml/operator:1"
    assert variables["EASY_MLOPS_RUNTIME_IMAGE"] == f"runtime@{digest}"
    assert variables["EASY_MLOPS_ALLOWED_IMAGES"] == "registry.example.com/*"
    assert variables["EASY_MLOPS_SHARD"] == "blue"
    assert pod["metadata"]["annotations"] == {"a": "1"}
    assert pod["metadata"]["labels"]["team"] == "on"
    for field in UNSET:
        assert pod["spec"][field] == values[field]


def test_switches(folder: Path) -> None:
    kinds = {item["kind"] for item in rendered(folder, "tools")}
    assert "NetworkPolicy" in kinds
    assert "PodMonitor" not in kinds
    off = {"enabled": False}
    objects = rendered(folder, "tools", networkPolicy=off, userRoles=off, podMonitor={"enabled": True})
    assert "NetworkPolicy" not in {item["kind"] for item in objects}
    assert [item["metadata"]["name"] for item in objects if item["kind"] == "ClusterRole"] == [chart.NAME]
    (monitor,) = (item for item in objects if item["kind"] == "PodMonitor")
    labels = deployment(objects)["spec"]["template"]["metadata"]["labels"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"replica": 2}, "replica"),
        ({"replicas": "two"}, "replicas"),
        ({"image": "operator:1"}, "image"),
        ({"image": {"digest": "sha256:1"}}, "digest"),
        ({"podLabels": {"a": 1}}, "podLabels"),
        ({"networkPolicy": {"enable": True}}, "enable"),
    ],
)
def test_the_schema_refuses(folder: Path, values: dict[str, Any], words: str) -> None:
    said = helm("template", "operator", folder, *chosen(values), check=False)
    assert "values don't meet the specifications of the schema" in said
    assert words in said


def test_it_lints_and_documents_each_value(folder: Path) -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", folder)
    values = yaml.safe_load((folder / "values.yaml").read_text())
    schema = json.loads((folder / "values.schema.json").read_text())
    assert set(schema["properties"]) == {*values, "global"}
    readme = (folder / "README.md").read_text()
    assert all(f"| `{name}` |" in readme for name in values)


def test_the_test_asks_the_operator(folder: Path) -> None:
    text = helm("template", "blue", folder, "--namespace", "tools", "--show-only", "templates/tests/ready.yaml")
    (pod,) = (item for item in yaml.safe_load_all(text) if item)
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert "http://blue-easy-mlops-operator-metrics:8080/readyz" in pod["spec"]["containers"][0]["args"][0]


def test_the_package_is_what_helm_reads_and_always_the_same(folder: Path, tmp_path: Path) -> None:
    files = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    name, content = chart.package(files)
    assert chart.package(files) == (name, content)
    archive = tmp_path / name
    archive.write_bytes(content)
    assert helm("show", "values", archive).strip() == files["values.yaml"].strip()
    with tarfile.open(archive) as opened:
        assert {entry.name for entry in opened} == {f"{chart.NAME}/{path}" for path in files}


def test_images_are_replaced(overlays: dict[str, rendering.Objects]) -> None:
    objects = rendering.set_images(overlays["ha"], "operator:1", "runtime:1")
    container = deployment(objects)["spec"]["template"]["spec"]["containers"][0]
    variables = {item["name"]: item.get("value") for item in container["env"]}
    assert container["image"] == "operator:1"
    assert variables["EASY_MLOPS_RUNTIME_IMAGE"] == "runtime:1"


def test_an_unknown_overlay_is_an_error() -> None:
    with pytest.raises(CommandError, match="'none'; allowed are cluster, ha, namespaced"):
        rendering.render("none")
