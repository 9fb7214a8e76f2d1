"""The status stays below 64 kB, whatever is in it, and loses the least important first."""

from __future__ import annotations

import json

from easy_mlops_operator.api.status import (
    Condition,
    Evaluation,
    Failure,
    PipelineStatus,
    Revision,
    Status,
    StepStatus,
)
from easy_mlops_operator.reconcile.conditions.size_limit import within_limit

LONG = "ä" * 5000


def revision(number: int, metrics: int) -> Revision:
    return Revision(
        name=f"churn-{number}",
        state="Failed",
        message=LONG,
        digest="a" * 64,
        directory="d" * 100,
        metrics={f"metric_{index}_{'x' * 40}": "0.123456" for index in range(metrics)},
    )


def full(revisions: int, metrics: int, evaluations: int = 0) -> Status:
    return Status(
        active_revision="churn-0",
        target_revision="churn-1",
        revisions=tuple(revision(number, metrics) for number in range(revisions)),
        evaluations=tuple(
            Evaluation(name=f"r{index}", layer="model", state="OK", value="1", message=LONG, top=(LONG, LONG, LONG))
            for index in range(evaluations)
        ),
        pipeline=PipelineStatus(
            job="churn-1",
            steps=tuple(StepStatus(name=f"s{index}", state="Succeeded", message=LONG) for index in range(32)),
        ),
        last_failure=Failure(message=LONG),
        conditions=tuple(
            Condition(type=f"T{index}", status="True", reason="X", message=LONG, last_transition_time="t")
            for index in range(2)
        ),
    )


def size(status: Status) -> int:
    return len(json.dumps(status.to_json(), ensure_ascii=False).encode())


def test_a_usual_status_is_left_as_it_is() -> None:
    status = full(2, 4)
    assert within_limit(status) == status


def test_the_worst_status_fits() -> None:
    assert size(full(20, 32, 64)) > 64_000
    assert size(within_limit(full(20, 32, 64))) < 64_000


def test_metrics_of_the_oldest_revisions_go_first() -> None:
    fitted = within_limit(full(20, 32))
    kept = [bool(item.metrics) for item in fitted.revisions]
    assert kept[:2] == [True, True]
    assert kept == sorted(kept, reverse=True)


def test_names_digests_and_verdicts_always_stay() -> None:
    before, after = full(20, 32, 64), within_limit(full(20, 32, 64))
    assert [item.name for item in after.revisions] == [item.name for item in before.revisions]
    assert all(item.digest and item.directory for item in after.revisions)
    assert [(item.name, item.state) for item in after.evaluations] == [
        (item.name, item.state) for item in before.evaluations
    ]
    assert after.conditions == before.conditions


def test_fitting_what_fits_changes_nothing() -> None:
    once = within_limit(full(20, 32, 64))
    assert within_limit(once) == once
