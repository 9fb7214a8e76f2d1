"""Plots as SVG, without a plotting library: a report is one file that any browser shows, offline and in print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from easy_mlops.lazy import lazy_attributes

if TYPE_CHECKING:
    from easy_mlops.charts.line import Limit, Mark, line_chart
    from easy_mlops.charts.margins import Margin, margins_chart
    from easy_mlops.charts.markup import Markup, joined, tag
    from easy_mlops.charts.series import Point, Series
    from easy_mlops.charts.style import STYLE, picture

__all__ = [
    "STYLE",
    "Limit",
    "Margin",
    "Mark",
    "Markup",
    "Point",
    "Series",
    "joined",
    "line_chart",
    "margins_chart",
    "picture",
    "tag",
]

__getattr__ = lazy_attributes(
    __name__,
    {
        "STYLE": "style",
        "Limit": "line",
        "Margin": "margins",
        "Mark": "line",
        "Markup": "markup",
        "Point": "series",
        "Series": "series",
        "joined": "markup",
        "line_chart": "line",
        "margins_chart": "margins",
        "picture": "style",
        "tag": "markup",
    },
)
