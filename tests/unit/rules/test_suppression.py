"""Suppression windows: when they are open, on days of the clock's change too, and which ones are refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from easy_mlops.config import ConfigError
from easy_mlops.config.observability import ObservabilitySection
from easy_mlops.config.suppression import SuppressionWindow
from easy_mlops.rules.suppression import SuppressionPeriod, next_change, suppression_of
from hypothesis import given
from hypothesis import strategies as st

BERLIN = "Europe/Berlin"


def window(start: Any, end: Any, **more: Any) -> SuppressionPeriod:
    return SuppressionWindow.parse({"name": "load", "start": start, "end": end, **more}).period


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def closes(one: SuppressionPeriod, moment: str) -> str:
    until = one.until(at(moment))
    return "" if until is None else f"{until:%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-24T01:59:59", ""),
        ("2026-11-24T02:00:00", "2026-11-24T03:30"),
        ("2026-11-24T03:29:59", "2026-11-24T03:30"),
        ("2026-11-24T03:30:00", ""),
    ],
)
def test_a_window_begins_with_its_start_and_ends_before_its_end(moment: str, until: str) -> None:
    assert closes(window("02:00", "03:30"), moment) == until


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-27T21:00:00", "2026-11-28T06:00"),  # Friday
        ("2026-11-28T05:00:00", "2026-11-28T06:00"),  # Saturday, which began on Friday
        ("2026-11-28T23:00:00", ""),
        ("2026-11-26T23:00:00", ""),
    ],
)
def test_a_window_over_midnight_is_of_the_day_on_which_it_begins(moment: str, until: str) -> None:
    assert closes(window("21:00", "06:00", days=["fri"]), moment) == until


def test_equal_times_are_a_whole_day() -> None:
    sunday = window("00:00", "00:00", days=["sun"])
    assert closes(sunday, "2026-11-29T00:00:00") == closes(sunday, "2026-11-29T23:59:59") == "2026-11-30T00:00"
    assert closes(sunday, "2026-11-30T00:00:00") == ""


@pytest.mark.parametrize(
    ("start", "end", "opens", "hours"),
    [
        ("01:00", "04:00", "2026-03-29T00:00", 2.0),  # the clock is put forward from 02:00 to 03:00
        ("02:30", "03:30", "2026-03-29T01:30", 0.0),  # 02:30 is 03:30 on that day
        ("01:30", "02:30", "2026-03-29T00:30", 1.0),
        ("01:00", "04:00", "2026-10-25T23:00-1", 4.0),  # it is put back from 03:00 to 02:00
        ("02:15", "02:45", "2026-10-25T00:15", 1.5),  # both times 02:15 to 02:45, and what lies between
    ],
)
def test_on_days_of_the_clocks_change_a_window_is_open_from_wall_clock_to_wall_clock(
    start: str, end: str, opens: str, hours: float
) -> None:
    first = at(opens.removesuffix("-1")) - timedelta(days=opens.endswith("-1"))
    one = window(start, end, zone=BERLIN)
    assert one.until(first - timedelta(seconds=1)) is None
    assert one.until(first) == (first + timedelta(hours=hours) if hours else None)


def test_a_window_may_be_open_once() -> None:
    once = window("2026-12-01T20:00:00Z", "2026-12-02T04:00:00+02:00")
    assert closes(once, "2026-12-01T20:00:00") == "2026-12-02T02:00"
    assert once.next_change(at("2026-11-24T10:00:00")) == at("2026-12-01T20:00:00")
    assert once.next_change(at("2026-12-02T02:00:00")) is None
    there = window("2026-12-01T20:00:00", "2026-12-01T21:00:00", zone=BERLIN)
    assert closes(there, "2026-12-01T19:30:00") == "2026-12-01T20:00"


def test_of_several_windows_the_one_that_closes_last_is_named() -> None:
    windows = [
        window("02:00", "04:00"),
        SuppressionPeriod("backup", "02:30", "05:00", rules=("p95_latency_ms",)),
    ]
    moment = at("2026-11-24T03:00:00")
    latency, error = (suppression_of(windows, rule, moment) for rule in ("p95_latency_ms", "rmse"))
    assert latency is not None
    assert error is not None
    assert (latency.by, error.by) == ("backup", "load")
    assert next_change(windows, moment) == at("2026-11-24T04:00:00")
    assert next_change([], moment) is None


@pytest.mark.parametrize(("raw", "taken"), [(1350, "22:30"), (0, "00:00"), ("22:30", "22:30")])
def test_an_unquoted_time_of_day_is_the_number_that_yaml_makes_of_it(raw: Any, taken: str) -> None:
    assert window(raw, "06:00").start == taken


def test_an_unquoted_moment_is_taken() -> None:
    assert closes(window(at("2026-12-01T20:00:00"), at("2026-12-01T21:00:00")), "2026-12-01T20:30:00")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start": "25:00"}, "a time of day such as 02:30"),
        ({"start": "2026-12-01"}, "a time of day such as 02:30"),
        ({"start": "2026-12-01T20:00:00Z"}, "must both be times of day or both be moments"),
        ({"start": "2026-12-01T20:00:00Z", "end": "2026-12-01T20:00:00Z"}, "end must be after start"),
        ({"start": "2026-12-01T20:00:00Z", "end": "2026-12-02T20:00:00Z", "days": ["mon"]}, "days only go with"),
        ({"start": "9999-12-31T23:00:00-12:00", "end": "9999-12-31T23:30:00-12:00"}, "a moment such as"),
        ({"days": ["monday"]}, "'mon'"),
        ({"zone": "Europe/Berlln"}, "a time zone of the IANA database"),
        ({"zone": "../../etc/passwd"}, "a time zone of the IANA database"),
        ({"zone": ""}, "a time zone of the IANA database"),
        ({"ruels": ["a"]}, "did you mean 'rules'?"),
    ],
)
def test_a_window_that_cannot_be_is_refused_with_its_place(change: dict[str, Any], words: str) -> None:
    raw = {"name": "load", "start": "02:00", "end": "03:00", **change}
    with pytest.raises(ConfigError) as caught:
        ObservabilitySection.parse({"runbook": {"suppression_windows": [raw]}}, "observability")
    assert "observability.runbook.suppression_windows[0]" in str(caught.value)
    assert words in str(caught.value)


CLOCK = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))


@given(
    start=CLOCK,
    end=CLOCK,
    days=st.lists(st.sampled_from(["mon", "wed", "sun"]), unique=True),
    zone=st.sampled_from(["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe"]),
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
def test_between_two_changes_a_window_is_open_or_closed_throughout(
    start: str, end: str, days: list[str], zone: str, moment: datetime
) -> None:
    one = window(start, end, days=days, zone=zone)
    change = one.next_change(moment)
    assert change is not None
    middle = moment + (change - moment) / 2
    assert (one.until(moment) is None) == (one.until(middle) is None)
    until = one.until(moment)
    assert until is None or until >= change
