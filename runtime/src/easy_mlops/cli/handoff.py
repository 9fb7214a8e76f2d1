"""`make-mlops-easy handoff`."""

from __future__ import annotations

import argparse

from easy_mlops.cli.given import given_config
from easy_mlops.cli.output import show_page
from easy_mlops.contract import EXIT_OK


def run(arguments: argparse.Namespace) -> int:
    """What whoever takes a deployment over has to know, from its files; nothing is unpickled."""
    from easy_mlops.pipeline.lookafter import handoff_of

    def page() -> str:
        return handoff_of(arguments.directory, given_config(arguments))

    show_page(arguments.output, arguments.to, {"directory": arguments.directory}, "page", page)
    return EXIT_OK
