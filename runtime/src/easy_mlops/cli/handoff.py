"""`make-mlops-easy handoff`."""

from __future__ import annotations

import argparse

from easy_mlops.cli.given import given_config
from easy_mlops.cli.output import write_page


def run(arguments: argparse.Namespace) -> int:
    """What whoever takes a deployment over has to know, from its files; nothing is unpickled."""
    from easy_mlops.pipeline.lookafter import handoff_of

    write_page(handoff_of(arguments.directory, given_config(arguments)), arguments.to, "handoff page")
    return 0
