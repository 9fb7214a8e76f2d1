"""The monitoring report in three formats: text for a terminal, Markdown for a wiki, HTML for a browser."""

from __future__ import annotations

from typing import Literal, get_args

from easy_mlops.observability.report.content import Report

Format = Literal["text", "markdown", "html"]

__all__ = ["Format", "Report", "render"]


def render(report: Report, form: Format = "text") -> str:
    """Render the report in one format, whose module is imported on use. Raises `ValueError` for an unknown format."""
    if form == "text":
        from easy_mlops.observability.report.text import to_text

        return to_text(report)
    if form == "markdown":
        from easy_mlops.observability.report.markdown import to_markdown

        return to_markdown(report)
    if form == "html":
        from easy_mlops.observability.report.html import to_html

        return to_html(report)
    raise ValueError(f"unknown format {form!r}; formats are {', '.join(get_args(Format))}")
