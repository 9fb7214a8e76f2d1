"""The distance of each value from its limit: one row per rule, alerts to the left of the limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from easy_mlops.charts.markup import Markup, joined, tag
from easy_mlops.charts.scale import Scale

WIDTH: Final = 860.0
_ROW, _TOP, _BOTTOM = 26.0, 26.0, 10.0
_NAMES, _LEFT, _RIGHT = 12.0, 230.0, 620.0
_LONGEST: Final = 32


@dataclass(frozen=True)
class Margin:
    """A rule's value and limit; `text` shows both. A value of None has no margin."""

    name: str
    value: float | None
    limit: float
    state: Literal["OK", "Firing", "NoData"]
    text: str

    @property
    def share(self) -> float:
        """Distance from the limit as a share of the larger of both, from -1 to 1; negative for an alert."""
        value = self.limit if self.value is None else self.value
        largest = max(abs(value), abs(self.limit))
        distance = min(abs(value / largest - self.limit / largest), 1.0) if largest else 0.0
        return -distance if self.state == "Firing" else distance


def height_of(margins: Sequence[Margin]) -> float:
    """Height of the plot in pixels."""
    return _TOP + _ROW * len(margins) + _BOTTOM


def margins_chart(margins: Sequence[Margin]) -> Markup:
    """Draw the rules, `WIDTH` by `height_of` pixels, for a `picture`."""
    x = Scale(-1.0, 1.0, _LEFT, _RIGHT)
    bottom = _TOP + _ROW * len(margins)
    middle = x(0.0)
    parts = [
        tag("rect", class_="shade", x=_LEFT, y=_TOP, width=middle - _LEFT, height=bottom - _TOP),
        tag("rect", class_="safe", x=middle, y=_TOP, width=_RIGHT - middle, height=bottom - _TOP),
        tag("text", "← alert", class_="end limits", x=middle - 24, y=_TOP - 9),
        tag("text", "limit", class_="middle strong", x=middle, y=_TOP - 9),
        tag("text", "within →", class_="seconds", x=middle + 24, y=_TOP - 9),
        *(tag("line", class_="grid", x1=x(at), x2=x(at), y1=_TOP, y2=bottom) for at in (-1.0, -0.5, 0.5, 1.0)),
        *(part for number, margin in enumerate(margins) for part in _row(margin, _TOP + _ROW * (number + 0.5), x)),
        tag("line", class_="limit", x1=middle, x2=middle, y1=_TOP, y2=bottom),
    ]
    return joined(parts)


def _row(margin: Margin, y: float, x: Scale) -> Iterator[Markup]:
    name = margin.name if len(margin.name) <= _LONGEST else f"{margin.name[: _LONGEST - 1]}…"
    yield tag("text", name, class_="strong", x=_NAMES, y=y + 4)
    yield tag("text", margin.text, x=_RIGHT + 14, y=y + 4)
    if margin.value is None:
        yield tag("text", "no data", class_="middle", x=x(0.5), y=y + 4)
        return
    place = x(margin.share)
    yield tag("line", class_=f"stem {margin.state}", x1=x(0.0), x2=place, y1=y, y2=y)
    yield tag("circle", class_=margin.state, cx=place, cy=y, r=5)
