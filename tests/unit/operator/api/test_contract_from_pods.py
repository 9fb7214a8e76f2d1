"""Messages from a tenant's pods: what the operator takes, and that nothing in them can make it fail."""

from __future__ import annotations

import json
from typing import Any

import pytest
from easy_mlops.contract import ContractError, LoadFailure, RunResult
from hypothesis import given
from hypothesis import strategies as st

RESULT: dict[str, Any] = {
    "v": 1,
    "run_id": "churn-1-11112222",
    "ok": True,
    "directory": "models/d",
    "digest": "a" * 64,
    "model_version": "1.0.0",
    "model_type": "x",
    "metrics": {"accuracy": 0.9},
    "steps": [{"name": "load", "state": "Succeeded", "seconds": 1.5, "message": ""}],
    "failure": None,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def test_a_result_is_taken() -> None:
    result = RunResult.decode(json.dumps(RESULT))
    assert RunResult.decode(result.encode()) == result


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"run_id": None, "steps": 7},
        {"metrics": {"accuracy": "high"}},
        {"metrics": {"accuracy": 10**400}},
        {"metrics": [1]},
        {"steps": ["load"]},
        {"steps": [{"name": "load", "state": "Exploded", "seconds": 1}]},
        {"steps": [{"name": "load", "state": "Succeeded", "seconds": "long"}]},
        {"steps": [{"name": "load", "state": ["Succeeded"], "seconds": 1}]},
        {"failure": {"reason": "Whim", "location": "x", "message": "y"}},
        {"failure": {"reason": "StepFailed"}},
        {"failure": "StepFailed"},
    ],
)
def test_a_message_of_another_form_is_none(change: dict[str, Any]) -> None:
    with pytest.raises(ContractError):
        RunResult.decode(json.dumps({**RESULT, **change}))


@pytest.mark.parametrize("text", ["", "[" * 4096, '{"v":', "7", "null", '{"v": 1}'])
@pytest.mark.parametrize("kind", [RunResult, LoadFailure])
def test_what_is_no_message_is_refused(kind: type[RunResult | LoadFailure], text: str) -> None:
    with pytest.raises(ContractError):
        kind.decode(text)


@given(st.sampled_from(sorted(RESULT)), JSON)
def test_a_result_is_taken_or_refused_and_never_anything_else(field: str, value: Any) -> None:
    try:
        result = RunResult.decode(json.dumps({**RESULT, field: value}))
    except ContractError:
        return
    assert all(isinstance(step.name, str) and isinstance(step.seconds, float) for step in result.steps)
    assert all(isinstance(metric, float) for metric in result.metrics.values())
