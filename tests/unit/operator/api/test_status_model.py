"""Status: written without empty parts and within its limits, read without trust."""

from __future__ import annotations

from typing import Any

import pytest
from easy_mlops_operator.api.status import (
    Condition,
    Evaluation,
    EvaluationCounts,
    Failure,
    ObservabilityStatus,
    Revision,
    ServingStatus,
    Status,
)
from hypothesis import given
from hypothesis import strategies as st

CONDITION = {
    "type": "Ready",
    "status": "True",
    "reason": "Serving",
    "message": "it does",
    "observedGeneration": 3,
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}
FULL: dict[str, Any] = {
    "observedGeneration": 3,
    "phase": "Serving",
    "url": "http://churn.shop.svc:8080",
    "activeRevision": "churn-1",
    "targetRevision": "churn-1",
    "revisions": [{"name": "churn-1", "state": "Succeeded", "metrics": {"accuracy": "0.9"}, "claim": "uid"}],
    "pipeline": {"job": "churn-1", "steps": [{"name": "load", "state": "Succeeded", "seconds": "1.5"}]},
    "pruning": {"pending": [{"name": "churn-0", "directory": "models/d", "digest": "a", "claim": "uid"}]},
    "serving": {"replicas": 1, "desiredReplicas": 1, "readyReplicas": 0, "selector": "a=b"},
    "observability": {
        "health": "Healthy",
        "thresholds": "1/1",
        "summary": {"ok": 1, "firing": 0, "noData": 0, "suppressed": 0},
    },
    "evaluations": [{"name": "accuracy", "layer": "model", "state": "OK", "value": "0.9"}],
    "lastFailure": {"location": "train", "reason": "StepFailed", "exitCode": 1},
    "conditions": [CONDITION],
}


def test_what_was_written_is_read_again() -> None:
    assert Status.read(FULL).to_json() == FULL


@pytest.mark.parametrize("raw", [None, {}, [], "broken", {"conditions": "none"}, {"revisions": {"a": 1}}])
def test_a_status_that_is_none_is_read_as_untouched(raw: Any) -> None:
    assert Status.read(raw) == Status()
    assert Status.read(raw).observed_generation == -1


def test_one_broken_part_does_not_take_the_others_with_it() -> None:
    broken = {
        **FULL,
        "pipeline": {"steps": 7},
        "revisions": [*FULL["revisions"], {"name": "churn-2", "state": "Exploded"}, "text"],
        "conditions": [*FULL["conditions"], {"type": "Bad"}],
    }
    status = Status.read(broken)
    assert [revision.name for revision in status.revisions] == ["churn-1"]
    assert status.pipeline is None
    assert status.condition("Ready") is not None
    assert len(status.conditions) == 1


def test_fields_of_another_version_are_dropped() -> None:
    assert "novelty" not in Status.read({**FULL, "novelty": 1}).to_json()


def test_zeros_are_written_and_empty_texts_are_not() -> None:
    status = Status(serving=ServingStatus(), observability=ObservabilityStatus(summary=EvaluationCounts()))
    assert status.to_json() == {
        "observedGeneration": -1,
        "serving": {"replicas": 0, "desiredReplicas": 0, "readyReplicas": 0},
        "observability": {"health": "Unknown", "summary": {"ok": 0, "firing": 0, "noData": 0, "suppressed": 0}},
    }


@given(st.text(max_size=5000))
def test_no_text_from_outside_is_too_long_for_the_schema(text: str) -> None:
    assert len(Failure(message=text, location=text, reason=text).message) <= 1024
    assert len(Revision(name=text, state="Failed", message=text, directory=text).directory) <= 512
    assert len(Evaluation(name=text, layer="model", state="OK", message=text).message) <= 256
    condition = Condition(type="Ready", status="True", reason=text, message=text, last_transition_time="")
    assert len(condition.message) <= 2048


def test_a_text_that_is_cut_says_so() -> None:
    assert Failure(message="x" * 2000).message.endswith("x…")


def test_revisions_and_conditions_are_found_by_name() -> None:
    status = Status.read(FULL)
    assert status.revision("churn-1") is not None
    assert status.revision("churn-2") is None
    assert status.condition("Stalled") is None
