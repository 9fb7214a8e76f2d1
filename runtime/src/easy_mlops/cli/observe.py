"""`make-mlops-easy observe`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from easy_mlops.cli.config_override import config_override
from easy_mlops.cli.output import UserError, show_page
from easy_mlops.contract import EXIT_OK

if TYPE_CHECKING:
    from easy_mlops.observability.report import Format

_FORMATS: Final[dict[str, Format]] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    "": "text",
    ".txt": "text",
    ".log": "text",
}


def run(arguments: argparse.Namespace) -> int:
    """Print or write the report of a deployment, from its files; no model is loaded."""
    from easy_mlops.pipeline.inspection import report_of

    form = arguments.format or _format_of(Path(arguments.to or ""))
    value = {"directory": arguments.directory, "format": form}

    def page() -> str:
        return report_of(arguments.directory, config_override(arguments), form)

    show_page(arguments.output, arguments.to, value, "report", page)
    return EXIT_OK


def _format_of(file: Path) -> Format:
    suffix = file.suffix.lower()
    if suffix not in _FORMATS:
        known = ", ".join(filter(None, _FORMATS))
        raise UserError(f"{file}: unknown report format {suffix!r}; known are {known}, or set --format")
    return _FORMATS[suffix]
