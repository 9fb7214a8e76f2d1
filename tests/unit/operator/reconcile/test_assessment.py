"""All evaluations together: ThresholdsMet, health, and the figures of kubectl get."""

from __future__ import annotations

import pytest
from easy_mlops_operator.api.status import Evaluation
from easy_mlops_operator.reconcile.conditions.assessment import assess


def made(name: str, state: str, severity: str | None = "warning") -> Evaluation:
    return Evaluation.model_validate(
        {"name": name, "layer": "model", "state": state, "severity": severity, "message": f"{name} = 1 > 0"}
    )


OK, NO_DATA = made("ok", "OK"), made("blind", "NoData")
WARNING, CRITICAL, INFO = made("warn", "Firing"), made("crit", "Firing", "critical"), made("info", "Firing", "info")
NO_RULE = made("free", "NoRule", None)


@pytest.mark.parametrize(
    ("evaluations", "status", "reason", "health", "thresholds"),
    [
        ([], "Unknown", "NoData", "Unknown", "none"),
        ([NO_RULE], "Unknown", "NoData", "Unknown", "none"),
        ([NO_DATA], "Unknown", "NoData", "Unknown", "1 no data of 1"),
        ([OK], "True", "WithinThresholds", "Healthy", "OK 1"),
        ([OK, NO_RULE], "True", "WithinThresholds", "Healthy", "OK 1"),
        ([OK, NO_DATA], "True", "WithinThresholds", "Healthy", "1 no data of 2"),
        ([WARNING, OK], "False", "RuleFiring", "Warning", "1 firing of 2"),
        ([CRITICAL, WARNING, OK], "False", "RuleFiring", "Critical", "2 firing of 3"),
        ([CRITICAL, NO_DATA], "False", "RuleFiring", "Critical", "1 firing of 2"),
        ([INFO, OK], "True", "WithinThresholds", "Healthy", "1 firing of 2"),
        ([INFO], "True", "WithinThresholds", "Healthy", "1 firing of 1"),
        ([INFO, NO_DATA], "True", "WithinThresholds", "Healthy", "1 firing of 2"),
    ],
)
def test_verdicts(evaluations: list[Evaluation], status: str, reason: str, health: str, thresholds: str) -> None:
    assessment = assess(evaluations)
    assert (assessment.status, assessment.reason, assessment.health, assessment.thresholds) == (
        status,
        reason,
        health,
        thresholds,
    )


def test_the_message_names_what_fires() -> None:
    assert assess([CRITICAL, WARNING, OK]).message == "2 of 3 fire: crit = 1 > 0; warn = 1 > 0"


def test_a_rule_whose_name_is_not_the_metrics_is_reported_with_it() -> None:
    named = made("floor", "Firing").model_copy(update={"message": "accuracy = 0.8 < 0.9"})
    assert assess([named]).message == "1 of 1 fire: floor: accuracy = 0.8 < 0.9"


def test_the_message_says_for_what_there_are_no_data() -> None:
    assert assess([OK, NO_DATA]).message == "1 of 2 are within their limits; no data for blind"
    assert assess([NO_DATA]).message == "no rule could be evaluated; no data for blind"
    assert assess([]).message == "no metric has a limit"


def test_many_names_are_counted() -> None:
    assessment = assess([made(f"r{number}", "Firing") for number in range(9)])
    assert assessment.firing == "r0, r1, r2, r3, r4 and 4 more"
    assert assessment.message.endswith("r4 = 1 > 0 and 4 more")


def test_counts() -> None:
    counts = assess([CRITICAL, INFO, OK, OK, NO_DATA, NO_RULE]).counts
    assert (counts.firing, counts.ok, counts.no_data) == (2, 2, 1)
