"""When suppression windows are open: times in which an alert is expected and notifies nobody.

A rule is judged inside a window as it is outside; only notifications wait until the window closes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: Final[tuple[Day, ...]] = get_args(Day)
TIME_OF_DAY: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True)
class SuppressionPeriod:
    """A window: on some days of the week from one time of day to another, or once from one moment to another.

    `start` is inclusive and `end` exclusive; an `end` that is a time of day not after `start` is on the next day.
    No `days` means every day, no `rules` means all rules.
    """

    name: str
    start: str
    end: str
    zone: str = "UTC"
    days: tuple[Day, ...] = ()
    rules: tuple[str, ...] = ()

    @property
    def is_weekly(self) -> bool:
        """Whether the window opens again and again."""
        return TIME_OF_DAY.fullmatch(self.start) is not None

    def until(self, moment: datetime) -> datetime | None:
        """When the window, if it is open at `moment` (with a zone), closes (UTC); None when it is not open."""
        return max((end for start, end in self._around(moment) if start <= moment < end), default=None)

    def next_change(self, moment: datetime) -> datetime | None:
        """When the window next opens or closes after `moment` (UTC); None when it never does."""
        return min((edge for span in self._around(moment) for edge in span if edge > moment), default=None)

    def moment_of(self, text: str) -> datetime:
        """The moment (UTC) that `start` or `end` of a window that opens once means, without a zone in `zone`."""
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(self.zone))).astimezone(UTC)

    def _around(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Openings and closings from the day before `moment` to a week after it."""
        if not self.is_weekly:
            yield self.moment_of(self.start), self.moment_of(self.end)
            return
        today = moment.astimezone(ZoneInfo(self.zone)).date()
        first, last = time.fromisoformat(self.start), time.fromisoformat(self.end)
        for offset in range(-1, 9):
            day = today + timedelta(days=offset)
            if not self.days or _DAYS[day.weekday()] in self.days:
                yield self._instants(day, first)[0], max(self._instants(day + timedelta(days=last <= first), last))

    def _instants(self, day: date, clock: time) -> tuple[datetime, datetime]:
        """What a time on the wall clock can mean: two moments when the clock is set back, otherwise one, twice.

        A time that is skipped when the clock is set forward is later by as much as the clock is set forward.
        """
        local = datetime.combine(day, clock, ZoneInfo(self.zone))
        return local.astimezone(UTC), local.replace(fold=1).astimezone(UTC)


@dataclass(frozen=True)
class Suppression:
    """The window that suppresses an alert, by name, and when it closes (UTC)."""

    by: str
    until: datetime

    @property
    def until_text(self) -> str:
        """When it closes, as RFC 3339 text."""
        return f"{self.until:%Y-%m-%dT%H:%M:%SZ}"


def suppression_of(periods: Iterable[SuppressionPeriod], rule: str, moment: datetime) -> Suppression | None:
    """The window that suppresses a rule's alert at a moment; of several, the one that closes last."""
    suppressions = [
        Suppression(period.name, until)
        for period in periods
        if (not period.rules or rule in period.rules) and (until := period.until(moment)) is not None
    ]
    return max(suppressions, key=lambda item: item.until, default=None)


def next_change(periods: Iterable[SuppressionPeriod], moment: datetime) -> datetime | None:
    """When any of the windows next opens or closes after a moment (UTC)."""
    changes = (period.next_change(moment) for period in periods)
    return min((change for change in changes if change is not None), default=None)
