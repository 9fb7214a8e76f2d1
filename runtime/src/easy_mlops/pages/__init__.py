"""Pages from Jinja2 templates: `templates/` beside the code has what is shown, so a page reads as it looks.

Every value that a template prints is escaped for the language of the page, HTML or Markdown; only `Markup` is printed
as it is. jinja2 is imported when the first page is rendered, since most commands render none.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["object_table", "render"]

_SHARED: Final = "easy_mlops.pages"
"""The package with templates for all pages, such as that of a table."""


def render(package: str, template: str, **values: object) -> str:
    """Render a page.

    Parameters
    ----------
    package
        The package whose folder `templates` has the template; templates of `easy_mlops.pages` can be imported there.
    template
        Its file name. The ending tells the language of the page: `.html.j2` or `.md.j2`.
    values
        The variables of the template.

    Raises
    ------
    jinja2.UndefinedError
        When the template uses a variable that is not among the values.
    """
    language = template.removesuffix(".j2").rpartition(".")[2]
    return _environment(package, language).get_template(template).render(values)


def object_table(title: str, rows: Mapping[str, object]) -> str:
    """Render what a notebook shows for an object: a table of names and values, everything escaped.

    Parameters
    ----------
    title
        What the object is, such as the name of its class.
    rows
        The values by name, in the order in which they are shown.

    Returns
    -------
    str
        HTML without scripts.

    Examples
    --------
    >>> from easy_mlops.pages import object_table
    >>> "<td>&lt;3</td>" in object_table("Model", {"loss": "<3"})
    True
    """
    return render(_SHARED, "object.html.j2", title=title, rows=list(rows.items()))


@cache
def _environment(package: str, language: str) -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    from easy_mlops.charts.markup import escaped
    from easy_mlops.pages.markdown import code, markdown

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(_SHARED)]),
        autoescape=True,
        finalize={"html": escaped, "md": markdown}[language],  # returns Markup, which autoescape leaves alone
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["code"] = code
    return environment
