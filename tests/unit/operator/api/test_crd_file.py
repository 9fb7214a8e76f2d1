"""The CRD: generated, committed, small, and with everything in it that the API server asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from easy_mlops_operator.api import crd
from easy_mlops_operator.api.schema import PRESERVE, StructuralSchemaError, structural
from pydantic import BaseModel, Field

ROOT = Path(__file__).resolve().parents[4]
VERSION = crd.build_crd()["spec"]["versions"][0]
SCHEMA = VERSION["schema"]["openAPIV3Schema"]


def nodes(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from nodes(schema[key], f"{path}[]")


def at(path: str) -> dict[str, Any]:
    return dict(nodes(SCHEMA))[path]


def test_the_committed_file_is_up_to_date() -> None:
    assert crd.main(["--check", str(ROOT / crd.FILE)]) == 0


def test_check_fails_when_the_file_is_old_or_absent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "crd.yaml"
    assert crd.main(["--check", str(file)]) == 1
    file.write_text("old")
    assert crd.main(["--check", str(file)]) == 1
    assert "make crds" in capsys.readouterr().err
    assert file.read_text() == "old"


def test_writing_makes_what_check_accepts(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "crd.yaml"
    assert crd.main([str(file)]) == 0
    assert crd.main(["--check", str(file)]) == 0


def test_the_file_is_at_most_100_kilobytes_and_has_no_anchors() -> None:
    text = crd.render()
    assert len(text.encode()) <= 100_000
    assert "&id" not in text
    assert yaml.safe_load(text) == crd.build_crd()


def test_names() -> None:
    spec = crd.build_crd()["spec"]
    assert spec["group"] == "easymlops.dev"
    assert spec["scope"] == "Namespaced"
    assert spec["names"]["plural"] == "modeldeployments"
    assert spec["names"]["shortNames"] == ["md"]
    assert spec["names"]["categories"] == ["mlops"]


def test_columns_of_kubectl_get() -> None:
    columns = VERSION["additionalPrinterColumns"]
    narrow = [column["name"].upper() for column in columns if not column.get("priority")]
    wide = [column["name"].upper() for column in columns if column.get("priority")]
    assert narrow == ["READY", "UPTODATE", "STATUS", "VERSION", "THRESHOLDS", "FIRING", "REPLICAS", "AGE"]
    assert wide == ["REVISION", "TARGET", "URL", "MODEL", "HEALTH", "LAST-EVAL", "MESSAGE"]


def test_one_at_a_time_sets_the_number_of_pods() -> None:
    (replicas,) = at(".spec.serving")["x-kubernetes-validations"]
    assert replicas["rule"] == "!(has(self.replicas) && has(self.autoscaling))"
    assert "minReplicas" in at(".spec.serving.autoscaling")["x-kubernetes-validations"][0]["rule"]
    assert at(".spec.serving.autoscaling")["required"] == ["maxReplicas"]


def test_every_column_of_the_status_leads_to_a_field() -> None:
    for column in VERSION["additionalPrinterColumns"]:
        path = column["jsonPath"]
        if path.startswith(".status") and "[?" not in path:
            assert at(path)


def test_scale_and_status_are_subresources() -> None:
    scale = VERSION["subresources"]["scale"]
    assert "status" in VERSION["subresources"]
    for path in scale.values():
        assert at(path)["type"] in ("integer", "string")


def test_an_untouched_resource_does_not_look_finished() -> None:
    assert at(".status")["default"] == {"observedGeneration": -1}
    assert at(".status.observedGeneration")["default"] == -1


def test_every_field_is_described() -> None:
    outside = {".metadata", ""}
    bare = [path for path, node in nodes(SCHEMA) if not path.endswith("[]") and not node.get("description")]
    assert set(bare) <= outside


def test_descriptions_tell_defaults_of_the_spec_only() -> None:
    assert at(".spec.training.test_size")["description"].endswith("Default: 0.2.")
    assert at(".spec.suspend")["description"].endswith("Default: false.")
    assert "Default" not in at(".status.serving.replicas")["description"]


def test_every_list_says_how_it_merges_and_how_long_it_gets() -> None:
    for path, node in nodes(SCHEMA):
        if node.get("type") == "array":
            assert node["x-kubernetes-list-type"] in ("atomic", "map", "set"), path
            assert node["maxItems"] >= 1, path


def test_lists_of_the_status_merge_by_key() -> None:
    assert at(".status.conditions")["x-kubernetes-list-map-keys"] == ["type"]
    assert at(".status.revisions")["x-kubernetes-list-map-keys"] == ["name"]
    assert at(".status.evaluations")["x-kubernetes-list-map-keys"] == ["name"]


def test_every_mapping_has_a_limit() -> None:
    for path, node in nodes(SCHEMA):
        if "additionalProperties" in node:
            assert node["maxProperties"] >= 1, path


def test_unknown_keys_reach_the_operator_anywhere_under_spec() -> None:
    for path, node in nodes(at(".spec")):
        if "properties" in node:
            assert node[PRESERVE] is True, path


def test_unknown_keys_of_the_status_are_pruned() -> None:
    assert all(PRESERVE not in node for _, node in nodes(at(".status")))


def test_steps_take_names_and_mappings() -> None:
    for section in ("preprocessing", "deployment", "observability"):
        assert at(f".spec.{section}.steps[]") == {PRESERVE: True}


def test_pasted_sections_may_hold_null_and_the_kubernetes_part_may_not() -> None:
    assert at(".spec.deployment.endpoint_template")["nullable"] is True
    kubernetes = [node for part in ("pipeline", "serving", "storage") for _, node in nodes(at(f".spec.{part}"))]
    assert not any("nullable" in node for node in kubernetes)


def test_no_enum_stands_beside_nullable_since_the_api_server_would_refuse_null() -> None:
    assert not [path for path, node in nodes(SCHEMA) if "nullable" in node and "enum" in node]
    assert at(".spec.data.format")["pattern"] == "^(csv|parquet)$"


def test_amounts_are_integers_or_texts() -> None:
    assert at(".spec.serving.resources.requests.cpu")["x-kubernetes-int-or-string"] is True


def test_every_text_of_the_status_is_bounded() -> None:
    for path, node in nodes(at(".status")):
        if node.get("type") == "string" and "enum" not in node and "format" not in node and not path.endswith("[]"):
            assert "maxLength" in node, path


def test_a_field_without_description_is_an_error() -> None:
    class Bare(BaseModel):
        """Has one."""

        value: int

    with pytest.raises(StructuralSchemaError, match=r"Bare\.value: has no description"):
        structural(Bare, keep_unknown=False)


@pytest.mark.parametrize(("annotation", "what"), [(list[int], "a list"), (dict[str, int], "a mapping")])
def test_a_collection_without_limit_is_an_error(annotation: Any, what: str) -> None:
    model = type(
        "Open",
        (BaseModel,),
        {"__doc__": "Open.", "__annotations__": {"it": annotation}, "it": Field(description="It.")},
    )
    with pytest.raises(StructuralSchemaError, match=f"it: {what} needs max_length"):
        structural(model, keep_unknown=False)
