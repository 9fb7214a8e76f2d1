"""The whole command line as argparse knows it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from easy_mlops.cli.commands import COMMANDS
from easy_mlops.config.errors import did_you_mean

EPILOG: Final = """\
a first model on this machine:
  make-mlops-easy init                              # writes mlops-config.yaml and modeldeployment.yaml
  make-mlops-easy train data.csv --target label     # trains, deploys to models/deployment_<time>/
  make-mlops-easy predict new.csv models/deployment_<time>
  make-mlops-easy status models/deployment_<time>

make-mlops-easy COMMAND --help has examples of each. Results are on stdout, progress and errors on stderr.
exit codes: 0 done, 1 failed, 2 wrong usage; a signal ends with 128 and its number (130 after Ctrl-C)
"""


class _Version(argparse.Action):
    """`--version`; reading a package's metadata takes a while, so it is done when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        parser.exit(message=f"{parser.prog} {version('make-mlops-easy')}\n")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments. Raises `SystemExit`: with 2 for wrong usage, naming the nearest valid word, with 0 after help."""
    root = parser()
    words = sys.argv[1:] if argv is None else list(argv)
    names = [command.name for command in COMMANDS]
    if words and not words[0].startswith("-") and words[0] not in names:
        root.error(f"there is no command {words[0]!r}; {did_you_mean(words[0], names)}")
    given, unknown = root.parse_known_args(words)
    if unknown:
        sub = commands_of(root)[given.command]
        known = [option for action in sub._actions for option in action.option_strings]
        hint = f"; {did_you_mean(unknown[0], known)}" if unknown[0].startswith("-") else ""
        sub.error(f"there is no place for {unknown[0]!r}{hint}")
    return given


def commands_of(root: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of the commands, by name."""
    for action in root._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    root = argparse.ArgumentParser(
        prog="make-mlops-easy",
        description="Train, verify, serve and judge models; the same file works here and on Kubernetes.",
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
