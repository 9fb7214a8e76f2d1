"""Every reason has a row in docs/reasons.md that says what it means and what to do, and a test that brings it about."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from easy_mlops.rules.figure import NoDataReason
from easy_mlops_operator.api.conditions import ConditionType, Reason

ROOT = Path(__file__).resolve().parents[4]
TEXT = (ROOT / "docs/reasons.md").read_text()
FOLDERS = ("unit/operator", "unit/monitoring", "unit/rules", "api", "e2e")
TESTED = "".join(path.read_text() for folder in FOLDERS for path in (ROOT / "tests" / folder).rglob("*.py"))
ROWS = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|$", TEXT, flags=re.M))


@pytest.mark.parametrize("reason", [*Reason, *NoDataReason])
def test_a_reason_has_a_row_with_meaning_and_action(reason: Reason | NoDataReason) -> None:
    meaning, _, action = ROWS[reason.value].partition(" | ")
    assert len(meaning) > 15
    assert len(action) > 3


@pytest.mark.parametrize("type_", list(ConditionType))
def test_a_condition_has_a_section(type_: ConditionType) -> None:
    assert re.search(rf"^## .*`{type_.value}`", TEXT, flags=re.M)


def test_no_row_is_about_a_reason_that_is_not_there() -> None:
    assert set(ROWS) - {reason.value for reason in Reason} == {reason.value for reason in NoDataReason}


@pytest.mark.parametrize("reason", [*Reason, *NoDataReason])
def test_a_reason_is_expected_by_a_test(reason: Reason | NoDataReason) -> None:
    assert re.search(rf"\"{reason.value}\"|{type(reason).__name__}\.{reason.name}\b", TESTED)
