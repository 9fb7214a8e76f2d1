"""Pages: every value is escaped for the language of its page, and jinja2 is imported by the first one only."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from easy_mlops.charts.markup import tag
from easy_mlops.pages import render
from easy_mlops.pages.markdown import code, markdown
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from processes import run_python


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a package with templates of its own."""
    folder = tmp_path_factory.mktemp("package")
    templates = folder / "own_pages" / "templates"
    templates.mkdir(parents=True)
    (templates.parent / "__init__.py").touch()
    (templates / "one.html.j2").write_text('<p title="{{ value }}">{{ value }}</p>')
    (templates / "one.md.j2").write_text('{% from "table.md.j2" import table %}\n{{ table(["A"], rows, "none") }}')
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(folder))
    return "own_pages"


def test_a_value_is_text_in_html_and_markup_is_markup(package: str) -> None:
    text = "&lt;b&gt;&quot;&amp;�"
    assert render(package, "one.html.j2", value='<b>"&\0') == f'<p title="{text}">{text}</p>'
    assert render(package, "one.html.j2", value=tag("i")) == '<p title="<i></i>"><i></i></p>'


def test_a_cell_of_a_markdown_table_cannot_end_its_row(package: str) -> None:
    assert render(package, "one.md.j2", rows=[["a|b\nc"], [None]]) == "| A |\n| --- |\n| a\\|b c |\n| - |\n"
    assert render(package, "one.md.j2", rows=[]) == "none\n"


def test_an_undefined_variable_is_an_error(package: str) -> None:
    with pytest.raises(UndefinedError, match="'value' is undefined"):
        render(package, "one.html.j2")


@given(st.text())
def test_markdown_keeps_every_word(text: str) -> None:
    shown = markdown(text)
    assert markdown(shown) is shown
    assert unescape(re.sub(r"\\(\W|_)", r"\1", shown)) == " ".join(text.split())
    assert not re.search(r"(?<!\\)[|*_`<]", shown.replace("\\\\", ""))


@given(st.text(alphabet="ab` "))
def test_a_code_span_ends_where_its_text_ends(text: str) -> None:
    span = code(text)
    fence = re.match("`+", span)
    assert fence
    inner = span[len(fence[0]) : -len(fence[0])]
    assert inner.strip() == " ".join(text.split())
    assert fence[0] not in re.findall("`+", inner)


def test_templates_are_loaded_only_for_a_page(tmp_path: Path) -> None:
    program = """
        import sys
        from easy_mlops.observability import ModelMonitor
        monitor = ModelMonitor()
        monitor.generate_report()
        print("jinja2" in sys.modules)
        monitor.generate_report("html")
        print("jinja2" in sys.modules)
    """
    assert run_python(program).split() == ["False", "True"]
