"""`completion`: a shell script that completes commands, options and their values, made by shtab from the parser.

The script is complete in itself instead of calling the program at each TAB (as argcomplete does): Python takes longer
to start than a user waits.
"""

from __future__ import annotations

import argparse

from easy_mlops.cli.commands import COMMANDS
from easy_mlops.cli.options import COMPLETES
from easy_mlops.cli.output import show
from easy_mlops.cli.parser import commands_of, parser
from easy_mlops.contract import EXIT_OK


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    import shtab  # only this command needs it

    root = parser()
    places = {"file": shtab.FILE, "directory": shtab.DIRECTORY}
    parsers = commands_of(root)
    for command in COMMANDS:
        sub = parsers[command.name]
        sub.description = command.summary  # what zsh and fish show beside the command
        for action in sub._actions:
            if kind := getattr(action, COMPLETES, ""):
                action.complete = places[kind]  # type: ignore[attr-defined]  # where shtab looks for it
    show("text", None, [shtab.complete(root, arguments.shell)])
    return EXIT_OK
