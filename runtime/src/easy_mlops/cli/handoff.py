"""`make-mlops-easy handoff`."""

from __future__ import annotations

import argparse

from easy_mlops.cli.config_override import config_override
from easy_mlops.cli.output import show_page
from easy_mlops.contract import EXIT_OK


def run(arguments: argparse.Namespace) -> int:
    """Print the handoff page of a deployment, from its files; no model is loaded."""
    from easy_mlops.pipeline.inspection import handoff_of

    def page() -> str:
        return handoff_of(arguments.directory, config_override(arguments))

    show_page(arguments.output, arguments.to, {"directory": arguments.directory}, "page", page)
    return EXIT_OK
