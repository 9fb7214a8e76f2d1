"""The parser of the whole command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from easy_mlops.cli.commands import COMMANDS
from easy_mlops.config.errors import did_you_mean
from easy_mlops.contract import PROGRAM

EPILOG: Final = """\
train a first model on this machine:
  make-mlops-easy init                              # writes mlops-config.yaml and modeldeployment.yaml
  make-mlops-easy train data.csv --target label     # trains, deploys to models/deployment_<time>/
  make-mlops-easy predict new.csv models/deployment_<time>
  make-mlops-easy status models/deployment_<time>

Use "make-mlops-easy COMMAND --help" for examples. Results go to stdout, progress and errors to stderr.
exit codes: 0 success, 1 failure, 2 usage error, 128 + N after signal N (130 after Ctrl-C)
"""


class _Version(argparse.Action):
    """`--version`; the package's metadata is slow to read, so it is read on request only."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        parser.exit(message=f"{parser.prog} {version('make-mlops-easy')}\n")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the arguments.

    Raises `SystemExit`: with 2 for a usage error, suggesting the nearest valid word; with 0 after help.
    """
    root = parser()
    typed = sys.argv[1:] if argv is None else list(argv)
    names = [command.name for command in COMMANDS]
    if typed and not typed[0].startswith("-") and typed[0] not in names:
        root.error(f"unknown command {typed[0]!r}; {did_you_mean(typed[0], names)}")
    arguments, unknown = root.parse_known_args(typed)
    if unknown:
        sub = commands_of(root)[arguments.command]
        known = [option for action in sub._actions for option in action.option_strings]
        hint = f"; {did_you_mean(unknown[0], known)}" if unknown[0].startswith("-") else ""
        sub.error(f"unrecognized argument {unknown[0]!r}{hint}")
    return arguments


def commands_of(root: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of the commands, by name."""
    for action in root._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    root = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Train, verify, serve and monitor models, on this machine or with the same file on Kubernetes.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        sub = commands.add_parser(
            command.name,
            help=command.summary,
            description=command.description,
            epilog=command.epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(sub)
    return root
