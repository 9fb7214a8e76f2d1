"""The plot of a metric along an axis, with its limits; the alert side of each is shaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from easy_mlops.charts.markup import Markup, joined, tag
from easy_mlops.charts.scale import Scale, padded, ticks, time_ticks
from easy_mlops.charts.series import Point, Series

_LEFT, _RIGHT, _TOP, _BOTTOM = 50.0, 14.0, 12.0, 36.0
_AT_ONCE: Final = 5.0
"""Values within this many seconds are plotted by number: on a time axis they would overlap."""


@dataclass(frozen=True)
class Limit:
    """A horizontal line with a label; `side` is the alert side, if there is one only, `second` its other colour."""

    value: float
    label: str
    fires: Callable[[float], bool]
    side: Literal["above", "below"] | None = None
    second: bool = False


@dataclass(frozen=True)
class Mark:
    """A vertical line at `x` on the axis, with a label."""

    x: float
    label: str


def line_chart(
    series: Series,
    limits: Sequence[Limit] = (),
    *,
    width: float,
    height: float,
    axis: Literal["time", "number"] = "time",
    marks: Sequence[Mark] = (),
) -> Markup:
    """Draw a series with at least one value; one or more drawings go into a `picture`.

    `width` and `height` are in pixels; `axis` is that of the values of `x`: seconds since 1970, or plain numbers.
    """
    at_once = axis == "time" and series.end - series.begin < _AT_ONCE
    runs = series.in_order() if at_once else series.along_axis()
    begin, end = (runs[0][0].x, runs[-1][-1].x) if at_once else (series.begin, series.end)
    if begin == end:
        begin, end = begin - 0.5, end + 0.5
    values = [point.value for run in runs for point in run]
    low, high = padded([*values, *(limit.value for limit in limits)])
    x = Scale(begin, end, _LEFT, width - _RIGHT)
    y = Scale(low, high, height - _BOTTOM, _TOP)
    parts = [
        *_levels(y, width),
        *_below(series, x, height, axis, at_once=at_once),
        *(part for limit in limits for part in _limit(limit, y, width)),
        *(part for mark in marks for part in _mark(mark, x, height)),
        *(_run(run, x, y) for run in runs),
        *_dots(runs, x, y, limits),
    ]
    return joined(parts)


def described(series: Series, axis: Literal["time", "number"] = "time") -> str:
    """A description of the plot, for screen readers."""
    if series.low is None or series.high is None or series.last is None:
        return f"{series.count} entries, none with a number"
    place = _stamp if axis == "time" else "{:g}".format
    text = f"{series.count} {'value' if series.count == 1 else 'values'}"
    text += f" from {place(series.begin)} to {place(series.end)}" if series.count > 1 else f" at {place(series.begin)}"
    text += f", lowest {series.low.value:.4g}, highest {series.high.value:.4g}, latest {series.last.value:.4g}"
    return text + (f"; {series.missing} not a number" if series.missing else "")


def _levels(y: Scale, width: float) -> Iterator[Markup]:
    for value, text in ticks(y.low, y.high):
        yield tag("line", class_="grid", x1=_LEFT, x2=width - _RIGHT, y1=y(value), y2=y(value))
        yield tag("text", text, class_="end", x=_LEFT - 7, y=y(value) + 3.5)


def _below(series: Series, x: Scale, height: float, axis: str, *, at_once: bool) -> Iterator[Markup]:
    first, second = height - _BOTTOM + 15, height - _BOTTOM + 28
    if at_once:
        text = _stamp(series.end) if series.count == 1 else f"{series.count} entries, {_stamp(series.end)}"
        yield tag("text", text, class_="middle", x=(x.start + x.end) / 2, y=first)
        return
    if axis == "number":
        for value, text in ticks(x.low, x.high, 8):
            yield tag("text", text, class_="middle", x=x(value), y=first)
        return
    for place, above, under in time_ticks(x.low, x.high):
        yield tag("line", class_="grid", x1=x(place), x2=x(place), y1=height - _BOTTOM, y2=height - _BOTTOM + 4)
        at = min(max(x(place), x.start + 8), x.end - 16)
        yield tag("text", above, class_="middle", x=at, y=first)
        if under:
            yield tag("text", under, class_="middle", x=at, y=second)


def _limit(limit: Limit, y: Scale, width: float) -> Iterator[Markup]:
    place = y(limit.value)
    if limit.side:
        top, bottom = (_TOP, place) if limit.side == "above" else (place, y.start)
        yield tag("rect", class_="shade", x=_LEFT, y=top, width=width - _RIGHT - _LEFT, height=max(bottom - top, 0.0))
    kind = "limit second" if limit.second else "limit"
    yield tag("line", class_=kind, x1=_LEFT, x2=width - _RIGHT, y1=place, y2=place)
    over = place - 4 if place > _TOP + 14 else place + 12
    yield tag("text", limit.label, class_="seconds" if limit.second else "limits", x=_LEFT + 5, y=over)


def _mark(mark: Mark, x: Scale, height: float) -> Iterator[Markup]:
    yield tag("line", class_="mark", x1=x(mark.x), x2=x(mark.x), y1=_TOP, y2=height - _BOTTOM)
    yield tag("text", mark.label, class_="end", x=x(mark.x) - 5, y=_TOP + 10)


def _run(run: Sequence[Point], x: Scale, y: Scale) -> Markup:
    steps = " ".join(f"{x(point.x):.1f} {y(point.value):.1f}" for point in run)
    return tag("path", class_="line", d=f"M{steps}") if len(run) > 1 else Markup("")


def _dots(runs: Sequence[Sequence[Point]], x: Scale, y: Scale, limits: Sequence[Limit]) -> Iterator[Markup]:
    """Dots for alerts, for values between two gaps and for the last value."""
    last = runs[-1][-1]
    for run in runs:
        for point in run:
            firing = any(limit.fires(point.value) for limit in limits)
            if firing or len(run) == 1 or point is last:
                radius = 3.5 if point is last else 2.2
                yield tag("circle", class_="Firing" if firing else "dot", cx=x(point.x), cy=y(point.value), r=radius)


def _stamp(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"
