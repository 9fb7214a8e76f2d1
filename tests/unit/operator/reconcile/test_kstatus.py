"""The table of situations in the API's design, read as Flux and other clients read it: by kstatus."""

from __future__ import annotations

import pytest
from kstatus import compute
from situations import SITUATIONS, bad_spec, just_applied, rule_firing, updating

ROWS = [
    ("just_applied", "", "", "", "InProgress"),
    ("working", "False", "True", "", "InProgress"),
    ("healthy", "True", "", "", "Current"),
    ("changed", "True", "", "", "InProgress"),
    ("updating", "True", "True", "", "InProgress"),
    ("bad_spec", "False", "", "True", "Failed"),
    ("failed", "False", "", "True", "Failed"),
    ("failed_update", "False", "", "True", "Failed"),
    ("waiting_for_data", "False", "True", "", "InProgress"),
    ("name_taken", "False", "", "True", "Failed"),
    ("refused", "False", "", "True", "Failed"),
    ("pods_lost", "False", "True", "", "InProgress"),
    ("rule_firing", "True", "", "", "Current"),
    ("scaled_to_zero", "False", "", "", "InProgress"),
    ("suspended", "False", "", "", "InProgress"),
    ("suspended_while_serving", "True", "", "", "Current"),
    ("falling_back", "False", "", "True", "Failed"),
    ("fixed_while_falling_back", "False", "True", "", "InProgress"),
]


@pytest.mark.parametrize(("situation", "ready", "reconciling", "stalled", "read_as"), ROWS, ids=[r[0] for r in ROWS])
def test_situations(situation: str, ready: str, reconciling: str, stalled: str, read_as: str) -> None:
    cluster = SITUATIONS[situation]()
    found = [cluster.condition(type_).get("status", "") for type_ in ("Ready", "Reconciling", "Stalled")]
    assert found == [ready, reconciling, stalled]
    assert compute(cluster.resource) == read_as


def test_every_situation_has_a_row() -> None:
    assert [row[0] for row in ROWS] == list(SITUATIONS)


def test_a_resource_that_is_being_deleted_is_terminating() -> None:
    resource = SITUATIONS["healthy"]().resource
    resource["metadata"]["deletionTimestamp"] = "2026-11-24T10:00:00Z"
    assert compute(resource) == "Terminating"


def test_an_untouched_resource_has_seen_no_generation() -> None:
    assert just_applied().status["observedGeneration"] == -1


def test_each_condition_says_which_spec_it_is_about() -> None:
    cluster = updating()
    assert cluster.status["observedGeneration"] == 2
    assert {c["observedGeneration"] for c in cluster.status["conditions"]} == {2}


def test_results_of_an_earlier_spec_are_marked_as_such() -> None:
    cluster = bad_spec()
    assert cluster.condition("SpecAccepted")["observedGeneration"] == 2
    assert cluster.condition("PipelineSucceeded")["observedGeneration"] == 1


def test_a_firing_rule_is_no_part_of_ready() -> None:
    cluster = rule_firing()
    assert cluster.condition("ThresholdsMet")["status"] == "False"
    assert cluster.condition("Ready")["status"] == "True"
