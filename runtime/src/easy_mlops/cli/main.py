"""`make-mlops-easy`: one subcommand a module, each imported only when it is asked for, so that `--help` is quick."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Final

from easy_mlops.cli import arguments
from easy_mlops.cli.output import UserError
from easy_mlops.config.errors import ConfigError
from easy_mlops.contract import EXIT_FAILED
from easy_mlops.deployment.errors import IntegrityError
from easy_mlops.preprocessing.errors import DataError

EPILOG: Final = """\
A first model on this machine:
  make-mlops-easy init                              # writes mlops-config.yaml and modeldeployment.yaml
  make-mlops-easy train data.csv --target label     # trains, deploys to models/deployment_<time>/
  make-mlops-easy predict new.csv models/deployment_<time>
  make-mlops-easy status models/deployment_<time>

Exit codes: 0 done, 1 failed, 2 wrong usage.
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    root = argparse.ArgumentParser(
        prog="make-mlops-easy",
        description="Train, verify, serve and judge models; the same file works here and on Kubernetes.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in arguments.COMMANDS:
        sub = commands.add_parser(
            command.name,
            help=command.summary,
            description=command.description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(sub)
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. A user's mistake gives one message on stderr, never a traceback."""
    given = parser().parse_args(argv)
    module = importlib.import_module(f"easy_mlops.cli.{given.command}")
    try:
        code: int = module.run(given)
    except IntegrityError as error:
        print(f"make-mlops-easy {given.command}: {error.reason}: {error}", file=sys.stderr)
        return EXIT_FAILED
    except (ConfigError, DataError, UserError) as error:
        print(f"make-mlops-easy {given.command}: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        return 128 + 2
    except BrokenPipeError:
        sys.stdout = None  # whoever read us has gone; so has the place to say so
        return EXIT_FAILED
    except OSError as error:
        print(f"make-mlops-easy {given.command}: {error.filename or 'files'}: {error.strerror}", file=sys.stderr)
        return EXIT_FAILED
    return code


if __name__ == "__main__":
    sys.exit(main())
