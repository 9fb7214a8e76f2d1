"""The colours of all plots, light or dark as the reader's system is, and the SVG element around them."""

from __future__ import annotations

from typing import Final

from easy_mlops.charts.markup import Markup, tag

STYLE: Final = Markup("""
:root { color-scheme: light dark; --page: #f5f6f8; --card: #ffffff; --ink: #1b2330; --dim: #566273; --grid: #e3e7ed;
  --line: #2f5fd0; --ok: #18794e; --alert: #c2321f; --shade: #c2321f14; --safe: #18794e10; }
@media (prefers-color-scheme: dark) { :root { --page: #0d1117; --card: #161b22; --ink: #e6edf3; --dim: #9aa7b5;
  --grid: #2b333e; --line: #7aa2f7; --ok: #4cc38a; --alert: #ff8674; --shade: #ff867421; --safe: #4cc38a14; } }
.chart { display: block; width: 100%; height: auto; font: 11px system-ui, sans-serif;
  font-variant-numeric: tabular-nums; }
.chart text { fill: var(--dim); } .chart text.strong { fill: var(--ink); font-weight: 500; }
.chart .end { text-anchor: end; } .chart .middle { text-anchor: middle; }
.chart .heading { fill: var(--ink); font-size: 15px; font-weight: 600; }
.chart .grid { stroke: var(--grid); } .chart .axis { stroke: var(--dim); }
.chart .limit { stroke: var(--alert); stroke-width: 1.25; stroke-dasharray: 5 4; } .chart .second { stroke: var(--ok); }
.chart text.limits { fill: var(--alert); } .chart text.seconds { fill: var(--ok); }
.chart .mark { stroke: var(--dim); stroke-dasharray: 2 3; }
.chart .shade { fill: var(--shade); } .chart .safe { fill: var(--safe); }
.chart .line { fill: none; stroke: var(--line); stroke-width: 1.75; stroke-linejoin: round; stroke-linecap: round; }
.chart .dot { fill: var(--line); } .chart .OK { fill: var(--ok); } .chart .Firing { fill: var(--alert); }
.chart .stem { stroke-width: 2.5; stroke-linecap: round; } .chart .stem.OK { stroke: var(--ok); }
.chart .stem.Firing { stroke: var(--alert); }
""")


def picture(width: float, height: float, title: str, about: str, *drawn: Markup, alone: bool = False) -> Markup:
    """An SVG element with title and description; with `alone` also its colours, for a file of its own."""
    if alone:
        ground = tag("rect", width=width, height=height, rx=10, style="fill: var(--card)")
        drawn = (tag("style", STYLE), ground, *drawn)
    return tag(
        "svg",
        tag("title", title),
        tag("desc", about),
        *drawn,
        xmlns="http://www.w3.org/2000/svg",
        class_="chart",
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=f"{title}: {about}",
    )
