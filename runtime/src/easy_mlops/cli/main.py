"""`make-mlops-easy`: one subcommand a module, each imported only when it is asked for, so that `--help` is quick.

A user's mistake gives one message on stderr, never a traceback. Nothing but the standard library is imported before
`main` can answer for it, so that Ctrl-C gives none either, however early it comes.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Final

BROKEN_PIPE: Final = 128 + signal.SIGPIPE
INTERRUPTED: Final = 128 + signal.SIGINT


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 done, 1 failed, 128 and its number for a signal.

    Raises `SystemExit`: with 2 for wrong usage, with 0 after help.
    """
    try:
        return _run(argv)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
            os._exit(INTERRUPTED)  # Python would wait for a request that is under way, or for a fit
        return INTERRUPTED
    except BrokenPipeError:  # whoever read us has gone; so has the place to say so
        from easy_mlops.cli.output import drop_unwritten

        drop_unwritten()
        return BROKEN_PIPE


def _run(argv: Sequence[str] | None) -> int:
    import importlib

    from easy_mlops.cli.output import UserError, drop_unwritten, flush
    from easy_mlops.cli.parser import parse
    from easy_mlops.config.errors import ConfigError
    from easy_mlops.contract import EXIT_FAILED
    from easy_mlops.deployment.errors import IntegrityError
    from easy_mlops.preprocessing.errors import DataError

    command = ""
    try:
        try:
            given = parse(argv)
            command = f" {given.command}"
            module = importlib.import_module(f"easy_mlops.cli.{given.command}")
            code: int = module.run(given)
        finally:  # what stdout does not take, of a help text for one, has to show here, not when Python ends
            flush()
    except IntegrityError as error:
        told = f"{error.reason}: {error}"
    except (ConfigError, DataError, UserError) as error:
        told = str(error)
    except BrokenPipeError:
        raise
    except OSError as error:
        told = f"{error.filename or 'files'}: {error.strerror or error}"
    else:
        return code
    drop_unwritten()
    print(f"make-mlops-easy{command}: {told}", file=sys.stderr)
    return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
