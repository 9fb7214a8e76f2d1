"""Text as Markdown shows it: characters with a meaning in Markdown or HTML are escaped."""

from __future__ import annotations

import re
from html import escape
from typing import Final

from markupsafe import Markup

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()#+!|~$])")


def markdown(value: object) -> Markup:
    """The value as one line of Markdown text; None is a dash, and `Markup` is returned unchanged.

    >>> print(markdown("f1_score <1>"))
    f1\\_score &lt;1&gt;
    """
    if isinstance(value, Markup):
        return value
    text = escape(" ".join(str("-" if value is None else value).split()), quote=False)
    return Markup(_SPECIAL.sub(r"\\\1", text))


def code(value: object) -> Markup:
    """The value as a code span, whatever backticks it has.

    >>> print(code("serve models"))
    `serve models`
    """
    text = " ".join(str(value).split())
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return Markup(f"{fence}{pad}{text}{pad}{fence}")
