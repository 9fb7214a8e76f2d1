"""Rules beyond `op` and `value`: ranges, the reference, and what is made of no data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.monitoring.bins import ColumnCounts
from easy_mlops.monitoring.summary import Summary
from easy_mlops_operator.api.status import Evaluation
from easy_mlops_operator.reconcile.conditions.evaluations import evaluate
from easy_mlops_operator.reconcile.live import LiveFigures
from summaries import summary

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
QUIET = LiveFigures(explanation="cannot be collected: no scoring pod is ready")


def one(
    rule: Mapping[str, Any],
    held_out: Mapping[str, float] | None = None,
    live: LiveFigures = QUIET,
    previous: tuple[Evaluation, ...] = (),
) -> Evaluation:
    section = ObservabilitySection.parse({"rules": {"r": rule}})
    found = evaluate(section, held_out or {}, live, previous=previous, now=NOW)
    return next(item for item in found if item.name == "r")


def errors(part: int, whole: int = 100) -> LiveFigures:
    return LiveFigures(summary("d", requests=whole, errors=part))


def drifted(rows: int) -> Summary:
    """All rows of `charges` have moved to the upper half, those of `age` have not."""
    pod = summary("d", rows=rows)
    pod.reference = {"age": (500, 500, 0), "charges": (500, 500, 0)}
    for window in pod.windows.values():
        window.drift = {
            "age": ColumnCounts([rows // 2, rows // 2, 0], shift=0.0),
            "charges": ColumnCounts([0, rows, 0], shift=1.5 * rows),
        }
    return pod


@pytest.mark.parametrize(
    ("value", "state"), [(0.79, "Firing"), (0.8, "OK"), (1.0, "OK"), (1.25, "OK"), (1.26, "Firing")]
)
def test_outside_fires_beyond_both_ends(value: float, state: str) -> None:
    rule = {"metric": "calibration_slope", "op": "outside", "low": 0.8, "high": 1.25}
    found = one(rule, {"calibration_slope": value})
    assert found.state == state
    assert (found.op, found.threshold, found.low, found.high) == ("outside", None, "0.8", "1.25")
    assert "outside 0.8 to 1.25" in found.message


@pytest.mark.parametrize(
    ("metric", "state", "op", "threshold"), [("mae", "OK", ">", "0.2"), ("accuracy", "Firing", "<", "1.8")]
)
def test_a_ratio_is_one_of_the_held_out_metric_toward_its_worse_side(
    metric: str, state: str, op: str, threshold: str
) -> None:
    found = one({"metric": metric, "ratio_to_reference": 2}, {"mae": 0.1, "accuracy": 0.9})
    assert (found.state, found.op, found.threshold) == (state, op, threshold)
    assert "2 × reference" in found.message


def test_a_ratio_without_a_reference_is_no_data() -> None:
    found = one({"metric": "error_rate", "ratio_to_reference": 2, "op": ">"}, {}, errors(50))
    assert (found.state, found.reason) == ("NoData", "NoReference")


@pytest.mark.parametrize(("policy", "state"), [("unknown", "NoData"), ("ok", "OK"), ("alert", "Firing")])
def test_no_data_is_what_the_rule_says(policy: str, state: str) -> None:
    found = one({"metric": "error_rate", "op": ">", "value": 0.1, "no_data": policy})
    assert (found.state, found.value, found.reason) == (state, None, "NoAnswer")


def test_nothing_has_been_asked_yet_is_never_an_alert() -> None:
    rule = {"metric": "error_rate", "op": ">", "value": 0.1, "no_data": "alert"}
    assert one(rule, live=LiveFigures(pending=True)).state == "NoData"


@pytest.mark.parametrize(("part", "state"), [(50, "Firing"), (1, "OK")])
def test_keep_last_keeps_the_verdict_and_its_value(part: int, state: str) -> None:
    rule = {"metric": "error_rate", "op": ">", "value": 0.1, "no_data": "keep_last"}
    before = one(rule, live=errors(part))
    assert before.state == state
    assert one(rule, previous=(before,)) == before


def test_keep_last_keeps_no_verdict_of_another_limit_and_none_of_nothing() -> None:
    rule = {"metric": "error_rate", "op": ">", "value": 0.1, "no_data": "keep_last"}
    before = one(rule, live=errors(50))
    assert one({**rule, "value": 0.7}, previous=(before,)).state == "NoData"
    assert one(rule).state == "NoData"


def test_a_runbook_is_reported_with_the_rule() -> None:
    assert one({"metric": "mae", "op": ">", "value": 1, "runbook": "#mae"}, {"mae": 2}).runbook == "#mae"


def test_drift_names_the_column_that_moved_most() -> None:
    found = one({"metric": "psi", "op": ">", "value": 0.25}, live=LiveFigures(drifted(1000)))
    assert (found.state, found.layer, found.samples) == ("Firing", "data", 1000)
    assert found.message.startswith("psi of charges = ")
    assert found.top[0].startswith("charges ")


def test_drift_can_be_asked_of_one_column() -> None:
    found = one({"metric": "psi", "op": ">", "value": 0.25, "column": "age"}, live=LiveFigures(drifted(1000)))
    assert (found.state, found.column) == ("OK", "age")


@pytest.mark.parametrize(
    ("metric", "rows", "state"),
    [("psi", 498, "NoData"), ("psi", 500, "Firing"), ("feature_mean_shift", 98, "NoData"),
     ("feature_mean_shift", 100, "Firing")],
)  # fmt: skip
def test_a_few_rows_are_no_drift(metric: str, rows: int, state: str) -> None:
    found = one({"metric": metric, "op": ">", "value": 0.25}, live=LiveFigures(drifted(rows)))
    assert found.state == state
    if state == "NoData":
        assert found.reason == "TooFewSamples"
        assert f"(n={rows} < " in found.message
