"""The termination message: how a pod, which has no API token, reports its result to the operator."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from easy_mlops.contract import TERMINATION_LIMIT, TERMINATION_LOG_ENV


def write_termination_message(message: str) -> None:
    """Write the message, cut to the size that Kubernetes keeps; outside a pod this does nothing.

    If the file cannot be written, that is reported on stderr only: the work itself did not fail, and the operator still
    has its exit code.
    """
    path = os.environ.get(TERMINATION_LOG_ENV)
    if not path:
        return
    try:
        Path(path).write_bytes(message.encode()[:TERMINATION_LIMIT])
    except OSError as error:
        sys.stderr.write(f"{path} cannot be written: {error.strerror}\n")
