"""Rules with `from_reference` in a cluster: the limit follows the rows, and status is not written for that alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.monitoring.bins import ColumnCounts
from easy_mlops.rules.chance import chance_limit
from easy_mlops.rules.decimals import decimal
from easy_mlops_operator.api.status import Evaluation
from easy_mlops_operator.reconcile.conditions.evaluations import evaluate
from easy_mlops_operator.reconcile.conditions.renewal import is_due
from easy_mlops_operator.reconcile.live import LiveFigures
from summaries import summary

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
RULE: dict[str, Any] = {"metric": "psi", "from_reference": {"method": "chi2", "alpha": 0.01}}


def counted(rows: int, shifted: int) -> LiveFigures:
    """Rows of two columns: of `few` so many are in the wrong one of two bins, `many` is as in training."""
    pod = summary("d", rows=rows)
    pod.reference = {"few": (1000, 1000), "many": (100,) * 20}
    for window in pod.windows.values():
        even = rows // 2
        window.drift = {
            "few": ColumnCounts([even + shifted, rows - even - shifted]),
            "many": ColumnCounts([rows // 20] * 20),
        }
    return LiveFigures(pod)


def one(live: LiveFigures, previous: tuple[Evaluation, ...] = (), **rule: Any) -> Evaluation:
    section = ObservabilitySection.parse({"rules": {"drift": {**RULE, **rule}}})
    (found,) = evaluate(section, {}, live, previous=previous, now=NOW)
    return found


@pytest.mark.parametrize(
    ("rows", "shifted", "state"),
    [(40, 20, "NoData"), (60, 2, "OK"), (60, 20, "Firing"), (20_000, 100, "OK"), (20_000, 1000, "Firing")],
)
def test_the_limit_fits_the_number_of_rows(rows: int, shifted: int, state: str) -> None:
    found = one(counted(rows, shifted))
    assert (found.state, found.op, found.from_reference) == (state, ">", "chi2, alpha 0.01")
    if state == "Firing":
        limit = decimal(chance_limit(2, rows, 2000, 0.01) or 0.0)
        assert found.threshold == limit
        assert found.message.startswith("psi of few = ")
        assert f"> {limit} (by chance, α = 0.01) over 5m (n={rows})" in found.message


def test_a_rule_may_name_the_column() -> None:
    assert one(counted(1000, 400), column="many").state == "OK"


def test_a_limit_that_moves_with_the_rows_is_not_written_for_that() -> None:
    before, after = one(counted(1000, 0)), one(counted(1040, 0))
    assert before.threshold != after.threshold
    assert not is_due([before], [after], NOW, NOW + timedelta(minutes=1))
    assert is_due([before], [one(counted(1000, 0), severity="critical")], NOW, NOW + timedelta(minutes=1))
    other = one(counted(1000, 0), from_reference={"alpha": 0.05})
    assert is_due([before], [other], NOW, NOW + timedelta(minutes=1))


def test_keep_last_keeps_a_verdict_whatever_its_rows_were() -> None:
    fired = one(counted(1000, 400), no_data="keep_last")
    kept = one(counted(10, 0), previous=(fired,), no_data="keep_last")
    assert (kept.state, kept.threshold) == ("Firing", fired.threshold)
    other = one(counted(10, 0), previous=(fired,), no_data="keep_last", from_reference={"alpha": 0.05})
    assert other.state == "NoData"


def test_a_model_without_a_reference_says_so() -> None:
    found = one(LiveFigures(summary("d", rows=1000)))
    assert (found.state, found.reason) == ("NoData", "NoReference")
