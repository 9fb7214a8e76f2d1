"""Names are deterministic and short enough; labels tell whose child an object is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from easy_mlops_operator.api import labels, names
from hypothesis import given
from hypothesis import strategies as st

RESOURCE: dict[str, Any] = {"metadata": {"name": "churn", "namespace": "shop", "uid": "u-1"}, "spec": {}}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def owned(uid: str, name: str = "churn", **metadata: Any) -> dict[str, Any]:
    reference = {"kind": "ModelDeployment", "name": name, "uid": uid, "controller": True}
    return {"metadata": {"name": "x", "ownerReferences": [reference], **metadata}}


@given(JSON)
def test_the_same_inputs_give_the_same_revision(inputs: Any) -> None:
    turned = dict(reversed(inputs.items())) if isinstance(inputs, dict) else inputs
    assert names.revision_name("churn", inputs) == names.revision_name("churn", turned)


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": 1}, {"a": 2}), ({"a": [1, 2]}, {"a": [2, 1]}), ({"a": "1"}, {"a": 1}), ({"a": True}, {"a": "true"})],
)
def test_other_inputs_give_another_revision(one: Any, other: Any) -> None:
    assert names.revision_name("churn", one) != names.revision_name("churn", other)


def test_one_and_one_point_zero_are_the_same_input() -> None:
    assert names.revision_name("churn", {"n": [1]}) == names.revision_name("churn", {"n": (1.0,)})


def test_the_longest_name_leaves_room_in_a_label_and_in_a_pod_name() -> None:
    revision = names.revision_name("a" * names.NAME_LIMIT, {})
    assert re.fullmatch(r"[a-z][-a-z0-9]*", revision)
    assert len(f"{revision}-xxxxx") <= 63


def test_a_recreated_resource_has_other_runs() -> None:
    assert names.run_id("churn-1", "11112222-aaaa") == "churn-1-11112222"
    assert names.run_id("churn-1", "33334444-aaaa") != names.run_id("churn-1", "11112222-aaaa")


@pytest.mark.parametrize(
    ("spec", "claim"),
    [
        ({}, "churn"),
        ({"storage": {}}, "churn"),
        ({"storage": {"existingClaim": "mine"}}, "mine"),
        ({"storage": {"existingClaim": ""}}, "churn"),
        ({"storage": {"existingClaim": 7}}, "churn"),
        ({"storage": "broken"}, "churn"),
        (None, "churn"),
    ],
)
def test_the_claim_in_use_is_determined_from_any_spec(spec: Any, claim: str) -> None:
    assert names.claim_name({**RESOURCE, "spec": spec}) == claim


def test_children_carry_the_standard_labels() -> None:
    assert labels.child_labels("churn", "pipeline", "churn-1") == {
        "app.kubernetes.io/managed-by": "easy-mlops-operator",
        "app.kubernetes.io/name": "churn",
        "app.kubernetes.io/component": "pipeline",
        "easymlops.dev/modeldeployment": "churn",
        "easymlops.dev/revision": "churn-1",
    }
    assert labels.REVISION not in labels.child_labels("churn", "serving")


def test_the_selector_of_scoring_pods_knows_no_revision() -> None:
    chosen = labels.selector_labels("churn")
    assert chosen.items() <= labels.child_labels("churn", "serving", "churn-1").items()
    assert labels.selector_text("churn") == ("app.kubernetes.io/component=serving,easymlops.dev/modeldeployment=churn")


def test_a_child_is_identified_by_the_uid_of_its_controller() -> None:
    assert labels.is_ours(RESOURCE, owned("u-1"))
    assert not labels.is_ours(RESOURCE, owned("u-0"))
    assert not labels.is_ours(RESOURCE, {"metadata": {"name": "x"}})


def test_an_owner_that_does_not_control_is_no_owner() -> None:
    reference = {"kind": "ModelDeployment", "name": "churn", "uid": "u-1"}
    assert not labels.is_ours(RESOURCE, {"metadata": {"name": "x", "ownerReferences": [reference]}})


def test_a_retained_claim_is_identified_by_its_labels() -> None:
    claim = {"metadata": {"name": "churn", "labels": labels.child_labels("churn", "storage")}}
    assert labels.is_ours(RESOURCE, claim)
    assert not labels.is_ours(RESOURCE, {"metadata": {"labels": labels.child_labels("other", "storage")}})
    assert not labels.is_ours(RESOURCE, {"metadata": {"labels": labels.child_labels("churn", "serving")}})


def test_leaving_is_what_is_deleted_or_belongs_to_an_earlier_resource_of_the_name() -> None:
    assert labels.is_leaving(RESOURCE, owned("u-0"))
    assert labels.is_leaving(RESOURCE, {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})
    assert not labels.is_leaving(RESOURCE, owned("u-9", name="other"))
    assert not labels.is_leaving(RESOURCE, {"metadata": {"name": "x"}})
