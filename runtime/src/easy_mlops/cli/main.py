"""`make-mlops-easy`: one module per subcommand, imported only when that command runs, so that `--help` is fast.

A user's mistake prints one message to stderr, never a traceback. Only the standard library is imported before `main`
handles exceptions, so that Ctrl-C prints no traceback either, however early it is pressed.
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
    """Run one command and return the exit code: 0 success, 1 failure, 128 + N after signal N.

    Raises `SystemExit`: with 2 for a usage error, with 0 after help.
    """
    try:
        return _run(argv)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
            os._exit(INTERRUPTED)  # Python would wait for these threads, such as a fit
        return INTERRUPTED
    except BrokenPipeError:  # the reader of stdout has closed it: no message can be shown
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
            arguments = parse(argv)
            command = f" {arguments.command}"
            module = importlib.import_module(f"easy_mlops.cli.{arguments.command}")
            code: int = module.run(arguments)
        finally:  # an error in writing stdout, even of a help text, must surface here, not at exit
            flush()
    except IntegrityError as error:
        message = f"{error.reason}: {error}"
    except (ConfigError, DataError, UserError) as error:
        message = str(error)
    except BrokenPipeError:
        raise
    except OSError as error:
        message = f"{error.filename or 'files'}: {error.strerror or error}"
    else:
        return code
    drop_unwritten()
    print(f"make-mlops-easy{command}: {message}", file=sys.stderr)
    return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
