"""Pictures: well-formed, inside their frame, with a description, and inert for any text."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest
from easy_mlops.charts import Limit, Margin, Mark, Markup, Series, line_chart, margins_chart, picture, tag
from easy_mlops.charts.line import described
from easy_mlops.charts.margins import WIDTH, height_of
from hypothesis import given
from hypothesis import strategies as st

SVG = "{http://www.w3.org/2000/svg}"
START = datetime(2026, 11, 24, tzinfo=UTC).timestamp()
ABOVE = Limit(0.5, "> 0.5", lambda value: value > 0.5, "above")


def series_of(*values: float | None, every: float = 3600.0) -> Series:
    series = Series("a < b")
    for number, value in enumerate(values):
        series.add(START + number * every, value)
    return series


def drawn(series: Series, *limits: Limit) -> ET.Element:
    chart = line_chart(series, limits, width=420.0, height=190.0)
    return ET.fromstring(picture(420.0, 190.0, series.name, described(series), chart))


def classes(root: ET.Element, kind: str) -> list[ET.Element]:
    return [element for element in root.iter() if kind in (element.get("class") or "").split()]


def test_a_picture_has_a_title_and_a_description() -> None:
    root = drawn(series_of(0.25, 0.75, None))
    assert root.get("role") == "img"
    assert [root.findtext(f"{SVG}{name}") for name in ("title", "desc")] == [
        "a < b",
        "3 values from 2026-11-24 00:00 to 2026-11-24 02:00, lowest 0.25, highest 0.75, latest 0.75; 1 not a number",
    ]


def test_the_alert_side_is_shaded_and_values_on_it_are_marked() -> None:
    root = drawn(series_of(0.25, 0.75, 0.5), ABOVE)
    (shade,), (limit,) = classes(root, "shade"), classes(root, "limit")
    assert float(shade.get("y") or 0) + float(shade.get("height") or 0) == pytest.approx(float(limit.get("y1") or 0))
    assert len(classes(root, "Firing")) == 1


@pytest.mark.parametrize("values", [(0.5,), (0.5, 0.5, 0.5), (None, 0.5, None), (0.0,)])
def test_a_single_value_and_equal_values_are_visible(values: tuple[float | None, ...]) -> None:
    root = drawn(series_of(*values))
    dots = classes(root, "dot")
    assert dots
    assert all(10 < float(dot.get("cy") or 0) < 160 for dot in dots)


def test_a_gap_splits_the_line() -> None:
    assert len(classes(drawn(series_of(1.0, 2.0, None, 2.0, 1.0)), "line")) == 2


def test_values_of_the_same_seconds_are_drawn_in_their_order() -> None:
    root = drawn(series_of(1.0, 2.0, 3.0, every=0.0))
    (line,) = classes(root, "line")
    places = [float(step.split()[0].lstrip("M")) for step in (line.get("d") or "").replace("M", "").split(" ")[::2]]
    assert places == [50.0, 228.0, 406.0]
    assert "3 entries, 2026-11-24 00:00" in [element.text for element in root.iter(f"{SVG}text")]


@given(
    st.lists(st.none() | st.floats(), min_size=1, max_size=60).filter(lambda values: series_of(*values).last),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_history_is_a_picture_inside_its_frame(values: list[float | None], limit: float) -> None:
    root = drawn(series_of(*values), Limit(limit, "> limit", lambda value: value > limit, "above"))
    for line in classes(root, "line"):
        numbers = [float(step) for step in (line.get("d") or "").replace("M", "").split(" ")]
        assert all(0 <= number <= 420 for number in numbers[::2])
        assert all(0 <= number <= 190 for number in numbers[1::2])


def test_a_long_history_is_a_small_picture() -> None:
    series = Series("long")
    for number in range(100_000):
        series.add(START + number, float(number % 1000))
    assert len(line_chart(series, [ABOVE], width=420.0, height=190.0)) < 40_000


def test_margins_are_shares_of_the_larger_with_alerts_to_the_left() -> None:
    def share(value: float | None, limit: float, state: str = "OK") -> float:
        return Margin("a", value, limit, state, "").share  # type: ignore[arg-type]

    assert share(192, 250) == pytest.approx(58 / 250)
    assert share(0.874, 0.9, "Firing") == pytest.approx(-0.026 / 0.9)
    assert share(0.0, 0.0) == share(None, 3.0, "NoData") == 0.0
    assert share(-1e308, 1e308) == 1.0


def test_every_rule_has_a_row_and_one_without_data_has_no_mark() -> None:
    margins = [
        Margin("accuracy", 0.8, 0.9, "Firing", "0.8, alert when < 0.9"),
        Margin("psi" * 30, None, 0.25, "NoData", "–"),
    ]
    root = ET.fromstring(picture(WIDTH, height_of(margins), "t", "d", margins_chart(margins)))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert "accuracy" in texts
    assert "no data" in texts
    assert all(len(text or "") <= 32 for text in texts)
    assert len(list(root.iter(f"{SVG}circle"))) == 1


@given(st.text())
def test_any_text_is_text_and_the_picture_is_still_xml(text: str) -> None:
    series = Series(text)
    series.add(1.0, 1.0)
    chart = line_chart(series, [ABOVE], width=420.0, height=190.0, axis="number", marks=[Mark(1.0, text)])
    root = ET.fromstring(picture(420.0, 190.0, text, "", chart, alone=True))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "style", "rect", "line", "text", "path", "circle")
    }


def test_only_markup_is_markup() -> None:
    assert tag("a", "<b>", Markup("<c/>"), title='"&', class_="x", hidden=None) == (
        '<a title="&quot;&amp;" class="x">&lt;b&gt;<c/></a>'
    )
    assert tag("path", x1=1.0, stroke_width=1 / 3) == '<path x1="1" stroke-width="0.33"/>'
