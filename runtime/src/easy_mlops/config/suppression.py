"""Suppression windows: times in which an alert is expected, such as a nightly load, and calls nobody. Pure.

A rule is judged in them as ever: only what would call somebody waits until the window's end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from easy_mlops.config.base import MetricName, Section

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: Final[tuple[Day, ...]] = get_args(Day)
_TIME_OF_DAY: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_FORMS: Final = "a time of day such as 02:30, or a moment such as 2026-12-01T20:00:00Z"


def _as_text(value: Any) -> Any:
    """YAML 1.1 reads an unquoted 22:30 as the number 1350, and an unquoted moment as a datetime."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return f"{value // 60:02}:{value % 60:02}"
    return value


def _checked(value: str) -> str:
    if not _TIME_OF_DAY.fullmatch(value) and not _is_moment(value):
        raise ValueError(f"must be {_FORMS}, got {value!r}")
    return value


def _is_moment(value: str) -> bool:
    try:
        # A bare date is none, and the last years of the calendar cannot be told in every zone.
        return datetime.fromisoformat(value).year in range(1970, 9999) and len(value) > len("2026-12-01")
    except ValueError:
        return False


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"must be a zone of the IANA database such as Europe/Berlin, got {value!r}") from None
    return value


When = Annotated[str, Field(max_length=40), AfterValidator(_checked), BeforeValidator(_as_text)]


class SuppressionWindow(Section):
    """A time in which alerts call nobody: on some days of the week from one time to another, or once."""

    name: MetricName = Field(description="What the window is for; told with each alert that it suppresses.")
    start: When = Field(description=f"When it begins, inclusive: {_FORMS}.")
    end: When = Field(
        description="When it ends, exclusive, in the same form. A time of day not after start is one of the next day."
    )
    days: list[Day] = Field(
        default_factory=list,
        max_length=7,
        description="Days of the week on which it begins; none is every day. Only with times of day.",
    )
    zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", max_length=64, description="Zone of the IANA database, such as Europe/Berlin."
    )
    rules: list[MetricName] = Field(
        default_factory=list, max_length=64, description="Rules that it goes for, by name; none is all."
    )

    @model_validator(mode="after")
    def _one_form(self) -> SuppressionWindow:
        weekly = [bool(_TIME_OF_DAY.fullmatch(text)) for text in (self.start, self.end)]
        if weekly[0] != weekly[1]:
            raise ValueError(f"start and end must both be times of day or both be moments, got {self._span}")
        if not weekly[0] and self.days:
            raise ValueError(f"days only go with times of day, got {self._span}")
        if not weekly[0] and self._moment(self.start) >= self._moment(self.end):
            raise ValueError(f"end must be after start, got {self._span}")
        return self

    def until(self, moment: datetime) -> datetime | None:
        """When the window that is open at `moment`, which has a zone, will close, in UTC; None when none is open."""
        return max((end for start, end in self._around(moment) if start <= moment < end), default=None)

    def next_change(self, moment: datetime) -> datetime | None:
        """When it will open or close next after `moment`, in UTC; None when it never will."""
        return min((edge for span in self._around(moment) for edge in span if edge > moment), default=None)

    @property
    def words(self) -> str:
        """The window for people: its name, when it is open, and what for."""
        days = f"{', '.join(self.days) or 'daily'} " if _TIME_OF_DAY.fullmatch(self.start) else ""
        rules = f" for {', '.join(self.rules)}" if self.rules else ""
        return f"{self.name}: {days}{self.start} to {self.end} {self.zone}{rules}"

    @property
    def _span(self) -> str:
        return f"{self.start!r} and {self.end!r}"

    def _moment(self, text: str) -> datetime:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(self.zone))).astimezone(UTC)

    def _around(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Openings and closings from the day before `moment` to a week after it."""
        if not _TIME_OF_DAY.fullmatch(self.start):
            yield self._moment(self.start), self._moment(self.end)
            return
        today = moment.astimezone(ZoneInfo(self.zone)).date()
        first, last = time.fromisoformat(self.start), time.fromisoformat(self.end)
        for offset in range(-1, 9):
            day = today + timedelta(days=offset)
            if not self.days or _DAYS[day.weekday()] in self.days:
                yield self._instants(day, first)[0], max(self._instants(day + timedelta(days=last <= first), last))

    def _instants(self, day: date, clock: time) -> tuple[datetime, datetime]:
        """What a wall clock's time may be: two moments when the clock is put back, one moment twice else.

        A time that is left out when the clock is put forward is as much later as the clock is put forward.
        """
        local = datetime.combine(day, clock, ZoneInfo(self.zone))
        return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)


@dataclass(frozen=True)
class Suppression:
    """The window that suppresses an alert, by name, and when it closes (UTC)."""

    by: str
    until: datetime


def suppression_of(windows: Iterable[SuppressionWindow], rule: str, moment: datetime) -> Suppression | None:
    """The window that suppresses a rule's alert at a moment, of several the one that closes last."""
    found = [
        Suppression(window.name, until)
        for window in windows
        if (not window.rules or rule in window.rules) and (until := window.until(moment)) is not None
    ]
    return max(found, key=lambda item: item.until, default=None)


def next_change(windows: Iterable[SuppressionWindow], moment: datetime) -> datetime | None:
    """When any of the windows will open or close next after a moment, in UTC."""
    changes = (window.next_change(moment) for window in windows)
    return min((change for change in changes if change is not None), default=None)
