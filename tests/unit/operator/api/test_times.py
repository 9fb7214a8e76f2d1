"""Times as they are written in status."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from easy_mlops_operator.api.times import parse_time, rfc3339


def test_times_are_utc_in_whole_seconds() -> None:
    moment = datetime(2026, 11, 24, 12, 0, 0, 999999, tzinfo=timezone(timedelta(hours=2)))
    assert rfc3339(moment) == "2026-11-24T10:00:00Z"


@pytest.mark.parametrize("text", ["2026-11-24T10:00:00Z", "2026-11-24T12:00:00+02:00"])
def test_times_are_read_with_their_zone(text: str) -> None:
    assert parse_time(text) == datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.mark.parametrize("text", [None, "", "yesterday", 7, "2026-11-24T10:00:00"])
def test_what_is_no_time_is_none(text: object) -> None:
    assert parse_time(text) is None
