"""The termination message: how a pod without a token tells the operator what became of its work."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from easy_mlops.contract import TERMINATION_LIMIT, TERMINATION_LOG_ENV


def write_termination_message(message: str) -> None:
    """Write the message, as much of it as Kubernetes keeps; outside of a pod there is no place for it.

    A file that cannot be written is told on stderr: the work itself is not at fault, and its exit code still tells.
    """
    path = os.environ.get(TERMINATION_LOG_ENV)
    if not path:
        return
    try:
        Path(path).write_bytes(message.encode()[:TERMINATION_LIMIT])
    except OSError as error:
        sys.stderr.write(f"{path} cannot be written: {error.strerror}\n")
