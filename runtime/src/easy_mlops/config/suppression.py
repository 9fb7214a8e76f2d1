"""The configuration of suppression windows: times in which alerts are expected, such as a nightly load.

`easy_mlops.rules.suppression` decides when they are open.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from easy_mlops.config.base import MetricName, Section
from easy_mlops.rules.suppression import TIME_OF_DAY, Day, SuppressionPeriod

_FORMS: Final = "a time of day such as 02:30, or a moment such as 2026-12-01T20:00:00Z"


def _as_text(value: Any) -> Any:
    """YAML 1.1 reads an unquoted 22:30 as the number 1350, and an unquoted moment as a datetime."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return f"{value // 60:02}:{value % 60:02}"
    return value


def _checked(value: str) -> str:
    if not TIME_OF_DAY.fullmatch(value) and not _is_moment(value):
        raise ValueError(f"must be {_FORMS}, got {value!r}")
    return value


def _is_moment(value: str) -> bool:
    try:
        # A bare date is not a moment, and the last years of the calendar cannot be expressed in every zone.
        return datetime.fromisoformat(value).year in range(1970, 9999) and len(value) > len("2026-12-01")
    except ValueError:
        return False


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"must be a time zone of the IANA database such as Europe/Berlin, got {value!r}") from None
    return value


When = Annotated[str, Field(max_length=40), AfterValidator(_checked), BeforeValidator(_as_text)]


class SuppressionWindow(Section):
    """A time in which alerts notify nobody: on some days of the week from one time to another, or once."""

    name: MetricName = Field(description="What the window is for; shown with each alert that it suppresses.")
    start: When = Field(description=f"When it begins, inclusive: {_FORMS}.")
    end: When = Field(
        description="When it ends, exclusive, in the same form. A time of day not after start is on the next day."
    )
    days: list[Day] = Field(
        default_factory=list,
        max_length=7,
        description="Days of the week on which it begins; default is every day. Only with times of day.",
    )
    zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", max_length=64, description="Zone of the IANA database, such as Europe/Berlin."
    )
    rules: list[MetricName] = Field(
        default_factory=list, max_length=64, description="Names of the rules to which it applies; default is all."
    )

    @model_validator(mode="after")
    def _one_form(self) -> SuppressionWindow:
        weekly = [bool(TIME_OF_DAY.fullmatch(text)) for text in (self.start, self.end)]
        if weekly[0] != weekly[1]:
            raise ValueError(f"start and end must both be times of day or both be moments, got {self._span}")
        if not weekly[0] and self.days:
            raise ValueError(f"days only go with times of day, got {self._span}")
        period = self.period
        if not weekly[0] and period.moment_of(self.start) >= period.moment_of(self.end):
            raise ValueError(f"end must be after start, got {self._span}")
        return self

    @property
    def period(self) -> SuppressionPeriod:
        """The window as the rules know it."""
        return SuppressionPeriod(self.name, self.start, self.end, self.zone, tuple(self.days), tuple(self.rules))

    @property
    def text(self) -> str:
        """The window as text: its name, when it is open, and for which rules."""
        days = f"{', '.join(self.days) or 'daily'} " if TIME_OF_DAY.fullmatch(self.start) else ""
        rules = f" for {', '.join(self.rules)}" if self.rules else ""
        return f"{self.name}: {days}{self.start} to {self.end} {self.zone}{rules}"

    @property
    def _span(self) -> str:
        return f"{self.start!r} and {self.end!r}"
