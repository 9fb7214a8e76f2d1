"""Markup for SVG and HTML in which every text is escaped, unless it is markup already."""

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
    """The text as it may stand in an element or an attribute; a character that XML forbids is U+FFFD."""
    return text if isinstance(text, Markup) else Markup(escape(_NOT_XML.sub("�", str(text))))


def joined(parts: Iterable[object]) -> Markup:
    """The parts one after another."""
    return Markup("".join(map(escaped, parts)))


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """An element. `_` in an attribute's name stands for `-`, a trailing one is dropped; None leaves it out.

    Numbers have two decimals at most, which is finer than any screen.
    """
    given = joined(
        Markup(f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"')
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID and not children:
        return Markup(f"<{name}{given}/>")
    return Markup(f"<{name}{given}>{joined(children)}</{name}>")


def _attribute(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else escaped(value)
