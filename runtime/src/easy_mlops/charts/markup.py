"""Markup for SVG and HTML; all text is escaped unless it is `Markup` already."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Final

from markupsafe import Markup

__all__ = ["Markup", "escaped", "joined", "tag"]

_VOID: Final = frozenset({"meta", "br", "col", "line", "rect", "circle", "path"})
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def escaped(text: object) -> Markup:
    """Escape text for an element or an attribute; characters that XML forbids become U+FFFD."""
    return text if isinstance(text, Markup) else Markup(escape(_NOT_XML.sub("�", str(text))))


def joined(parts: Iterable[object]) -> Markup:
    """Concatenate the parts, escaped."""
    return Markup("".join(map(escaped, parts)))


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """Make an element.

    `_` in the name of an attribute becomes `-`, a trailing `_` is removed, and attributes with value None are omitted.
    Numbers are rounded to two decimals, finer than a pixel.

    >>> print(tag("p", "a < b", class_="dim"))
    <p class="dim">a &lt; b</p>
    """
    pairs = joined(
        Markup(f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"')
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID and not children:
        return Markup(f"<{name}{pairs}/>")
    return Markup(f"<{name}{pairs}>{joined(children)}</{name}>")


def _attribute(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else escaped(value)
