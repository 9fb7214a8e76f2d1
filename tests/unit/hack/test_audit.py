"""Every finding is reported or waived, and every waiver has a finding."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from audit.findings import Finding, Waiver, judge, read_waivers
from audit.schemas import closed
from audit.targets import children
from easy_mlops_operator.controller.kinds import APPLIED

FOUND = Finding("checkov", "CKV_K8S_11", "ha.yaml Deployment.system.operator", "CPU limits should be set")


def waiver(*where: str, check: str = FOUND.check) -> Waiver:
    return Waiver("checkov", check, where, "a reason that is one")


def test_a_finding_without_a_waiver_is_open() -> None:
    assert judge([FOUND], [waiver("cluster.yaml *")]).open == [FOUND]
    assert judge([FOUND], [waiver("*", check="CKV_K8S_12")]).open == [FOUND]


def test_a_waiver_covers_what_its_patterns_match() -> None:
    judged = judge([FOUND], [waiver("*.yaml Deployment.*")])
    assert (judged.open, judged.waived, judged.stale) == ([], [FOUND], [])


def test_a_waiver_of_which_a_pattern_matches_nothing_is_stale() -> None:
    stale = waiver("ha.yaml *", "gone.yaml *")
    assert judge([FOUND], [stale]).stale == [stale]


def test_a_waiver_without_a_reason_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text("bandit: [{check: B101, where: ['*'], reason: because}]")
    with pytest.raises(ValueError, match=re.escape("waivers.yaml: bandit B101: a reason is missing or too short")):
        read_waivers(path)


def test_the_waivers_are_well_formed_and_no_check_has_two() -> None:
    waivers = read_waivers()
    assert len({(each.tool, each.check) for each in waivers}) == len(waivers)


def test_each_kind_of_child_is_audited() -> None:
    assert {child["kind"] for child in children()} == {kind.name for kind in APPLIED}


def test_a_schema_allows_no_field_that_it_does_not_name() -> None:
    port = {"type": "string", "format": "int-or-string"}
    schema = {
        "properties": {"properties": {"type": "string"}, "x-kubernetes-map-type": {"type": "string"}, "port": port},
        "x-kubernetes-group-version-kind": [],
    }
    assert closed(schema) == {
        "properties": {
            "properties": {"type": "string"},
            "x-kubernetes-map-type": {"type": "string"},
            "port": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        },
        "additionalProperties": False,
    }


def test_a_schema_allows_unknown_fields_where_they_are_preserved() -> None:
    assert closed({"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {}}) == {}
