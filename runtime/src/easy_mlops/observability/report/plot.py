"""Line plots as SVG, drawn without a library: a report is one file that any browser shows, offline and in print.

Colours are CSS variables of the page that holds the picture (`--line`, `--limit`, `--alert`, `--grid`, `--text`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

Point = tuple[datetime, float]

WIDTH: Final = 380
HEIGHT: Final = 180
_ONE_MINUTE: Final = 60.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 26
MOST_POINTS: Final = 400
"""A plot is a few hundred pixels wide; of more points, the extremes of each stretch are drawn."""


def line_plot(title: str, points: Sequence[Point], *, limit: float | None = None, alert_above: bool = False) -> str:
    """An SVG element. The side of `limit` that is an alert is shaded; `points` are finite, the oldest first."""
    drawn = thinned(points, MOST_POINTS)
    values = [value for _, value in drawn] + ([] if limit is None else [limit])
    low, high = _padded(min(values), max(values))
    begin, end = drawn[0][0], drawn[-1][0]
    shares = _shares(drawn)

    def x(share: float) -> float:
        return _LEFT + share * (WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _TOP + (high - value) / (high - low) * (HEIGHT - _TOP - _BOTTOM)

    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    last = points[-1][1]
    described = f"{len(points)} values from {_stamp(begin)} to {_stamp(end)}, the last is {last:.6g}"
    described += "" if limit is None else f"; alert {'above' if alert_above else 'below'} {limit:.6g}"
    parts = [
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}: {described}">',
        f"<title>{escape(title)}</title><desc>{described}</desc>",
    ]
    for tick in ticks(low, high):
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 6}" y="{y(tick) + 3.5:.1f}" text-anchor="end">{tick:.6g}</text>')
    for time, share, anchor in ((begin, 0.0, "start"), (end, 1.0, "end"))[: 1 + (_stamp(begin) != _stamp(end))]:
        place = f'x="{x(share):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}"'
        parts.append(f'<text class="tick" {place}>{_stamp(time)}</text>')
    if limit is not None:
        top, height = (_TOP, y(limit) - _TOP) if alert_above else (y(limit), bottom - y(limit))
        parts.append(
            f'<rect class="alert" x="{_LEFT}" y="{top:.1f}" width="{right - _LEFT}" height="{max(height, 0):.1f}"/>'
        )
        parts.append(f'<line class="limit" x1="{_LEFT}" x2="{right}" y1="{y(limit):.1f}" y2="{y(limit):.1f}"/>')
    path = " ".join(f"{x(share):.1f},{y(value):.1f}" for share, (_, value) in zip(shares, drawn, strict=True))
    parts.append(f'<polyline class="line" points="{path}"/>')
    parts.append(f'<circle class="last" cx="{x(shares[-1]):.1f}" cy="{y(last):.1f}" r="3"/>')
    return "".join([*parts, "</svg>"])


def thinned(points: Sequence[Point], most: int) -> list[Point]:
    """At most `most` points that have the same outline: the first, the last, and the extremes of each stretch."""
    if len(points) <= most:
        return list(points)
    stretches = most // 2 - 1
    inner = points[1:-1]
    kept = [points[0]]
    for number in range(stretches):
        stretch = inner[number * len(inner) // stretches : (number + 1) * len(inner) // stretches]
        low, high = (choose(stretch, key=lambda point: point[1]) for choose in (min, max))
        kept += sorted({low, high})
    return [*kept, points[-1]]


def ticks(low: float, high: float) -> Iterator[float]:
    """Three to six round values between two bounds."""
    step = 10.0 ** math.floor(math.log10(high - low))
    step = next(step * factor for factor in (0.1, 0.2, 0.5, 1.0, 2.0) if (high - low) / (step * factor) <= 6)
    first = math.ceil(low / step)
    for number in range(first, math.floor(high / step) + 1):
        yield round(number * step, 12)


def _shares(points: Sequence[Point]) -> list[float]:
    """How far to the right each point is, from 0 to 1: by time, or by number when all are from one minute."""
    begin = points[0][0]
    span = (points[-1][0] - begin).total_seconds()
    if len(points) == 1:
        return [1.0]
    if span < _ONE_MINUTE:
        return [number / (len(points) - 1) for number in range(len(points))]
    return [(time - begin).total_seconds() / span for time, _ in points]


def _padded(low: float, high: float) -> tuple[float, float]:
    """Bounds with some air; values that are all the same get some on both sides."""
    if high == low:
        return low - (abs(low) * 0.1 or 1.0), high + (abs(high) * 0.1 or 1.0)
    air = (high - low) * 0.08
    return low - air, high + air


def _stamp(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M}"
