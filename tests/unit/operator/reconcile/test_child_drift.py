"""What counts as a difference between what we want and what is there."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from easy_mlops_operator.reconcile.diff import first_difference, stamped
from hypothesis import given
from hypothesis import strategies as st

WANTED: dict[str, Any] = {
    "metadata": {"name": "churn", "labels": {"a": "b"}},
    "spec": {
        "replicas": 2,
        "containers": [{"name": "main", "args": ["serve", "--port"], "env": [{"name": "HOME", "value": "/tmp"}]}],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "accessModes": ["ReadWriteOnce"],
    },
}


def live(**changes: Any) -> dict[str, Any]:
    there = copy.deepcopy(WANTED)
    there["spec"].update(changes)
    return there


def test_what_the_api_server_and_others_add_is_no_difference() -> None:
    there = live(clusterIP="10.0.0.1")
    there["metadata"] |= {"uid": "u", "labels": {"a": "b", "theirs": "c"}}
    there["spec"]["containers"][0]["imagePullPolicy"] = "Always"
    there["spec"]["containers"].insert(0, {"name": "sidecar"})
    there["spec"]["containers"][1]["env"].insert(0, {"name": "THEIRS", "value": "x"})
    there["spec"]["volumes"].append({"name": "token"})
    assert first_difference(WANTED, there) == ""


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"replicas": 3}, ".spec.replicas"),
        ({"replicas": None}, ".spec.replicas"),
        ({"containers": []}, ".spec.containers[main]"),
        ({"containers": [{"name": "main", "args": ["serve"]}]}, ".spec.containers[main].args"),
        ({"containers": "none"}, ".spec.containers"),
        ({"volumes": [{"name": "tmp"}]}, ".spec.volumes[tmp].emptyDir"),
        ({"accessModes": ["ReadWriteMany"]}, ".spec.accessModes[0]"),
        ({"accessModes": ["ReadWriteOnce", "ReadWriteMany"]}, ".spec.accessModes"),
    ],
)
def test_a_field_of_ours_that_differs_is_named(changes: dict[str, Any], path: str) -> None:
    assert first_difference(WANTED, live(**changes)) == path


def test_true_is_not_one() -> None:
    assert first_difference({"controller": True}, {"controller": 1}) == ".controller"


def test_an_absent_object_differs() -> None:
    assert first_difference(WANTED, None) == "."


def test_a_field_that_is_no_longer_wanted_is_detected_by_the_hash() -> None:
    before = stamped(WANTED)
    without = copy.deepcopy(WANTED)
    del without["spec"]["replicas"]
    assert first_difference(stamped(without), before) == ".metadata.annotations.easymlops.dev/applied-hash"


def test_the_stamp_keeps_other_annotations_and_the_original() -> None:
    manifest = {"metadata": {"annotations": {"mine": "1"}}}
    made = stamped(manifest)
    assert set(made["metadata"]["annotations"]) == {"mine", "easymlops.dev/applied-hash"}
    assert manifest == {"metadata": {"annotations": {"mine": "1"}}}


def test_the_stamp_does_not_depend_on_the_order_of_keys() -> None:
    assert stamped({"metadata": {}, "a": 1, "b": 2}) == stamped({"b": 2, "a": 1, "metadata": {}})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4), st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_an_object_does_not_differ_from_itself_with_additions(wanted: Any, added: Any) -> None:
    assert first_difference(wanted, {**added, **wanted}) == ""


def test_entries_that_are_no_objects_are_compared_by_their_places() -> None:
    assert first_difference({"env": [None]}, {"env": [None]}) == ""
    assert first_difference({"env": [None]}, {"env": ["a"]}) == ".env[0]"
